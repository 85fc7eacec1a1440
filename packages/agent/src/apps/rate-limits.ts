import type { Clock } from '@evertoken/client';
import type { Rate } from './app-directory.ts';
import { ByCaller, type CallerId } from './by-caller.ts';

/** For proxied calls of an app without a rate of its own. */
export const defaultCallRate: Rate = { perSecond: 50, burst: 100 };

/** Counts requests against rates, with a token bucket for each caller, which stays over reloads for a caller that is given by name. */
export class RateLimits {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** The moment at which each bucket is full again, monotonic ms. */
  readonly #fullAt = new ByCaller<number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Takes one request from the bucket of `whose`. Answers 0, or how many ms to wait until the bucket allows one. */
  take(whose: CallerId, { perSecond, burst }: Rate): number {
    const known = this.#fullAt.get(whose);
    const now = this.#clock.monotonic();
    const costMs = 1_000 / perSecond;
    const fullAt = Math.max(now, known ?? now) + costMs;
    const waitMs = fullAt - now - burst * costMs;
    // Less than this is a rounding error of the division, not a wait.
    if (waitMs > 1e-6) return waitMs;
    this.#fullAt.set(whose, fullAt);
    return 0;
  }
}
