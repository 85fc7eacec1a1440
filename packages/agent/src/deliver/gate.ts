import type { Doors } from './doors.ts';
import { writeProblem } from './problem.ts';
import { Refusal } from './refusal.ts';

type Answer = Doors['answer'];

/** Lets listeners open before the doors behind them stand: what comes in early waits, or is turned away where they will never stand. */
export class Gate {
  #doors: Doors | undefined;
  #waiting: Parameters<Answer>[] = [];
  #isClosed = false;

  readonly answer: Answer = (...exchange) => {
    if (this.#doors !== undefined) this.#doors.answer(...exchange);
    else if (this.#isClosed) turnAway(exchange);
    else this.#waiting.push(exchange);
  };

  open(doors: Doors): void {
    this.#doors = doors;
    for (const exchange of this.#waiting) doors.answer(...exchange);
    this.#waiting = [];
  }

  /** Turns away whoever still waits. What the doors have let in is theirs. */
  close(): void {
    this.#isClosed = true;
    for (const exchange of this.#waiting) turnAway(exchange);
    this.#waiting = [];
  }
}

function turnAway([, response]: Parameters<Answer>): void {
  writeProblem(response, new Refusal(503, 'stopping', 'The agent could not start or is stopping.', { headers: { connection: 'close' } }));
}
