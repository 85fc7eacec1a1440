import type { Clock } from '@evertoken/client';
import type { Rate } from './app-directory.ts';

/** For proxied calls of an app without a rate of its own. */
export const defaultCallRate: Rate = { perSecond: 50, burst: 100 };

/**
 * Counts requests against rates: a token bucket for each of whom it is asked about. Holds nothing about those that are gone, so that its size is
 * bounded by the apps there are.
 */
export class RateLimits {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** The moment at which each bucket is full again, monotonic ms. */
  readonly #fullAt = new WeakMap<object, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Takes one request of `whose` from its bucket: 0, or milliseconds until there is one to take. */
  take(whose: object, { perSecond, burst }: Rate): number {
    const now = this.#clock.monotonic();
    const costMs = 1_000 / perSecond;
    const fullAt = Math.max(now, this.#fullAt.get(whose) ?? now) + costMs;
    const waitMs = fullAt - now - burst * costMs;
    // What a division leaves over is no wait.
    if (waitMs > 1e-6) return waitMs;
    this.#fullAt.set(whose, fullAt);
    return 0;
  }
}
