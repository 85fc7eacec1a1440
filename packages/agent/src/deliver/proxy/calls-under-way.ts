import { Refusal } from '../refusal.ts';

/** Counts the calls that are under way for each caller, so that one that takes its answers slowly or not at all leaves connections to others. */
export class CallsUnderWay {
  readonly #most: number;
  readonly #counts = new Map<string | object, number>();

  /** `most` are let in for one caller at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Lets in a call of `whose`, an app by name or a token whose holder calls; {@link leave} ends it.
   * @throws {Refusal} 429 with `Retry-After`
   */
  enter(whose: string | object): void {
    const count = this.#counts.get(whose) ?? 0;
    if (count >= this.#most) {
      const detail = `At most ${this.#most} calls of one caller are under way at once. Take the answers of those that are, and try again.`;
      throw new Refusal(429, 'too_many_calls', detail, { headers: { 'retry-after': '1' } });
    }
    this.#counts.set(whose, count + 1);
  }

  leave(whose: string | object): void {
    const count = this.#counts.get(whose) ?? 0;
    if (count > 1) this.#counts.set(whose, count - 1);
    else this.#counts.delete(whose);
  }
}
