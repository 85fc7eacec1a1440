import { type ReadonlySignal, signal } from '@preact/signals';
import type { PageClock } from '../../parts/page-clock.ts';

// What a limit brings back later than this is told, not waited for: those of a minute are, those of a day are not.
const mostWaitMs = 65_000;
// Where the clocks do not agree, the moment that is named may be over.
const leastWaitMs = 250;
// So far apart are two clocks that agree: an answer names a whole second, and has been on its way.
const agreementMs = 2_000;
// Where an answer does not say what time it is, what seems to be of a day may be of a minute, by another clock.
const unsureWaitMs = 1_000;

/** Calls that the rate limit of the tenant holds back: one after another, each as soon as there is room for it. */
export class RateLimitLine {
  readonly #clock: PageClock;
  readonly #waiting = signal(0);
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: PageClock) {
    this.#clock = clock;
  }

  /** How many calls wait. */
  get waiting(): ReadonlySignal<number> {
    return this.#waiting;
  }

  /** The answer to what `send` sends, which it does again while there are too many requests. A 429 is answered where that would take more than a minute. */
  async through(send: () => Promise<Response>): Promise<Response> {
    // Behind those that wait: it would only be refused, or take their place.
    const first = this.#waiting.value === 0 ? await send() : undefined;
    if (first !== undefined && this.#waitOf(first) === undefined) return first;
    // One that comes behind another has no time of its own to wait for.
    const refused = this.#waiting.value === 0 ? first : undefined;
    this.#waiting.value += 1;
    const turn = this.#last.then(() => this.#sendAgain(refused, send));
    this.#last = turn.catch(() => undefined);
    return await turn.finally(() => {
      this.#waiting.value -= 1;
    });
  }

  async #sendAgain(refused: Response | undefined, send: () => Promise<Response>): Promise<Response> {
    let answer = refused ?? (await send());
    for (let wait = this.#waitOf(answer), waits = 1; wait !== undefined; wait = this.#waitOf(answer, waits), waits += 1) {
      const delayMs = wait;
      await new Promise<void>((resolve) => this.#clock.setTimer(resolve, delayMs));
      answer = await send();
    }
    return answer;
  }

  /** Undefined for an answer that is not to be waited for, after so many waits for the same call. */
  #waitOf({ status, headers }: Response, waits = 0): number | undefined {
    if (status !== 429) return undefined;
    const now = this.#clock.now();
    const tenantNow = Date.parse(headers.get('date') ?? '');
    const aheadMs = Math.abs(tenantNow - now) > agreementMs ? tenantNow - now : 0;
    const resetMs = Number(headers.get('x-ratelimit-reset') ?? '0') * 1_000 - now - aheadMs;
    if (resetMs <= mostWaitMs) return Math.max(leastWaitMs, resetMs);
    return Number.isNaN(tenantNow) && waits === 0 ? unsureWaitMs : undefined;
  }
}
