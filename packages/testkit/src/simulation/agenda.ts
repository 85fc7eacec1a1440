/** Something to be done at a true time. */
export interface Act {
  readonly at: number;
  /** Done by the machine, and not while it sleeps. */
  readonly needsMachine: boolean;
  readonly play: () => void | Promise<void>;
}

/** Acts in the order of their time; those of the same time in the order they came. */
export class Agenda {
  readonly #acts: Act[] = [];

  add(act: Act): void {
    const at = this.#acts.findLastIndex((other) => other.at <= act.at);
    this.#acts.splice(at + 1, 0, act);
  }

  /** Takes the next act up to `end`. */
  next(end: number): Act | undefined {
    const [first] = this.#acts;
    return first !== undefined && first.at <= end ? this.#acts.shift() : undefined;
  }
}
