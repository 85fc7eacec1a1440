import { Refusal } from '../refusal.ts';

interface Count {
  calls: number;
}

/**
 * Counts the calls that are under way for each caller, so that a caller that takes its answers slowly or not at all leaves connections to others. A count stays
 * when it is back at zero: a table from which each call takes its entry away again is what decision 8 found costly. There are as many as the config has apps
 * and the agent tokens.
 */
export class CallsUnderWay {
  readonly #most: number;
  readonly #byApp = new Map<string, Count>();
  readonly #byToken = new WeakMap<object, Count>();

  /** `most` are let in for one caller at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Lets in a call of `whose`: the name of an app, or the token whose holder calls. Call {@link leave} when the call has ended.
   * @throws {Refusal} 429 with `Retry-After`
   */
  enter(whose: string | object): void {
    const count = this.#countOf(whose);
    if (count.calls >= this.#most) {
      const detail = `At most ${this.#most} calls of one caller are under way at once. Take the answers of those that are, and try again.`;
      throw new Refusal(429, 'too_many_calls', detail, { headers: { 'retry-after': '1' } });
    }
    count.calls += 1;
  }

  leave(whose: string | object): void {
    this.#countOf(whose).calls -= 1;
  }

  #countOf(whose: string | object): Count {
    const known = typeof whose === 'string' ? this.#byApp.get(whose) : this.#byToken.get(whose);
    if (known !== undefined) return known;
    const count: Count = { calls: 0 };
    if (typeof whose === 'string') this.#byApp.set(whose, count);
    else this.#byToken.set(whose, count);
    return count;
  }
}
