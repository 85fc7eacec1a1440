import type { ServerResponse } from 'node:http';
import type { ListenAddress, RefusedRequest } from '@evertoken/service';
import type { Answer } from './doors.ts';
import type { Doors } from './open-doors.ts';
import { Refusal } from './refusal.ts';
import { requestIds } from './request-id.ts';
import { turnAway } from './turn-away.ts';

type Way = 'answer' | 'answerMetrics';
type OpenDoors = Pick<Doors, Way | 'noteTurnedAway'>;

/** Lets listeners open before the doors behind them exist: early requests wait for the doors, and are turned away if the start fails. */
export class Gate {
  #doors: OpenDoors | undefined;
  #waiting: { way: Way; exchange: Parameters<Answer> }[] = [];
  #isClosed = false;
  readonly #newRequestId = requestIds();

  readonly answer: Answer = (...exchange) => this.#pass('answer', exchange);
  readonly answerMetrics: Answer = (...exchange) => this.#pass('answerMetrics', exchange);

  /** Refuses a request that its listener has no room for. */
  readonly refuse = (response: ServerResponse, { code, detail, headers }: RefusedRequest, address: ListenAddress): void => {
    const refusal =
      code === 'too_many_connections'
        ? new Refusal(429, 'too_many_connections', detail, { headers })
        : new Refusal(429, 'too_many_at_once', detail, { headers });
    const requestId = turnAway(response, refusal, this.#newRequestId);
    this.#doors?.noteTurnedAway(response.req, address, { status: refusal.status, requestId });
  };

  open(doors: OpenDoors): void {
    this.#doors = doors;
    for (const { way, exchange } of this.#waiting) doors[way](...exchange);
    this.#waiting = [];
  }

  /** Turns away the requests that still wait. Those that the doors have taken go on. */
  close(): void {
    this.#isClosed = true;
    for (const { exchange } of this.#waiting) this.#turnAway(exchange);
    this.#waiting = [];
  }

  #pass(way: Way, exchange: Parameters<Answer>): void {
    if (this.#doors !== undefined) this.#doors[way](...exchange);
    else if (this.#isClosed) this.#turnAway(exchange);
    else this.#waiting.push({ way, exchange });
  }

  #turnAway([, response]: Parameters<Answer>): void {
    const refusal = new Refusal(503, 'stopping', 'The agent could not start or is stopping.', { headers: { connection: 'close' } });
    turnAway(response, refusal, this.#newRequestId);
  }
}
