import type { Doors } from './doors.ts';

type Answer = Doors['answer'];

/** Lets listeners open before the doors behind them stand: what comes in early waits. */
export class Gate {
  #doors: Doors | undefined;
  #waiting: Parameters<Answer>[] = [];

  readonly answer: Answer = (...exchange) => {
    if (this.#doors === undefined) this.#waiting.push(exchange);
    else this.#doors.answer(...exchange);
  };

  open(doors: Doors): void {
    this.#doors = doors;
    for (const exchange of this.#waiting) doors.answer(...exchange);
    this.#waiting = [];
  }
}
