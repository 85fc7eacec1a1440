import type { Answer } from './doors.ts';
import type { Doors } from './open-doors.ts';
import { writeProblem } from './problem.ts';
import { Refusal } from './refusal.ts';

type Way = 'answer' | 'answerMetrics';

/** Lets listeners open before the doors behind them stand: what comes in early waits, or is turned away where they will never stand. */
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

  /** Turns away whoever still waits. What the doors have let in is theirs. */
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
