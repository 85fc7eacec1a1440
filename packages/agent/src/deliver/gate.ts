import type { Answer } from './doors.ts';
import type { Doors } from './open-doors.ts';
import { writeProblem } from './problem.ts';
import { Refusal } from './refusal.ts';

type Way = 'answer' | 'answerMetrics';

/** Lets listeners open before the doors behind them exist: early requests wait for the doors, and are turned away if the start fails. */
export class Gate {
  #doors: Pick<Doors, Way> | undefined;
  #waiting: { way: Way; exchange: Parameters<Answer> }[] = [];
  #isClosed = false;

  readonly answer: Answer = (...exchange) => this.#pass('answer', exchange);
  readonly answerMetrics: Answer = (...exchange) => this.#pass('answerMetrics', exchange);

  open(doors: Pick<Doors, Way>): void {
    this.#doors = doors;
    for (const { way, exchange } of this.#waiting) doors[way](...exchange);
    this.#waiting = [];
  }

  /** Turns away the requests that still wait. Those that the doors have taken go on. */
  close(): void {
    this.#isClosed = true;
    for (const { exchange } of this.#waiting) turnAway(exchange);
    this.#waiting = [];
  }

  #pass(way: Way, exchange: Parameters<Answer>): void {
    if (this.#doors !== undefined) this.#doors[way](...exchange);
    else if (this.#isClosed) turnAway(exchange);
    else this.#waiting.push({ way, exchange });
  }
}

function turnAway([, response]: Parameters<Answer>): void {
  writeProblem(response, new Refusal(503, 'stopping', 'The agent could not start or is stopping.', { headers: { connection: 'close' } }));
}
