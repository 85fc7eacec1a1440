import type { Clock } from '@evertoken/client';
import type { Rate } from './app-directory.ts';

/** For proxied calls of an app without a rate of its own. */
export const defaultCallRate: Rate = { perSecond: 50, burst: 100 };

/**
 * Counts requests against rates: a token bucket for each of whom it is asked about. Who is known by name has the same bucket after a reload; who is an
 * object has it as long as the object is there.
 */
export class RateLimits {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** The moment at which each bucket is full again, monotonic ms. */
  readonly #named = new Map<string, number>();
  readonly #others = new WeakMap<object, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Takes one request of `whose` from its bucket: 0, or milliseconds until there is one to take. */
  take(whose: string | object, { perSecond, burst }: Rate): number {
    const known = typeof whose === 'string' ? this.#named.get(whose) : this.#others.get(whose);
    const now = this.#clock.monotonic();
    const costMs = 1_000 / perSecond;
    const fullAt = Math.max(now, known ?? now) + costMs;
    const waitMs = fullAt - now - burst * costMs;
    // What a division leaves over is no wait.
    if (waitMs > 1e-6) return waitMs;
    if (typeof whose === 'string') this.#named.set(whose, fullAt);
    else this.#others.set(whose, fullAt);
    return 0;
  }
}
