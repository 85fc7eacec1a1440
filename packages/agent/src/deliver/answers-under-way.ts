import type { Clock } from '@evertoken/client';

/**
 * Counts the answers that take longer than the turn in which their request came, until their audit lines are written too: a stop waits for them. It is a count
 * and no set of promises, through which each request would go for a moment (decision 8).
 */
export class AnswersUnderWay {
  readonly #clock: Pick<Clock, 'setTimer'>;
  #count = 0;
  #onNone: (() => void)[] = [];

  constructor(clock: Pick<Clock, 'setTimer'>) {
    this.#clock = clock;
  }

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    const waiting = this.#onNone;
    this.#onNone = [];
    for (const tell of waiting) tell();
  }

  /** Resolves when none is under way, or after `mostMs`; with how many still are. */
  ended(mostMs: number): Promise<number> {
    return new Promise((resolve) => {
      if (this.#count === 0) return resolve(0);
      const tell = (): void => {
        timer.cancel();
        resolve(this.#count);
      };
      const timer = this.#clock.setTimer(tell, mostMs);
      this.#onNone.push(tell);
    });
  }
}
