import type { Clock } from '@evertoken/client';
import type { Rate } from './app-directory.ts';

/** For proxied calls of an app without a rate of its own. */
export const defaultCallRate: Rate = { perSecond: 50, burst: 100 };

/**
 * Counts requests against rates, with a token bucket for each caller. A caller that is given by name keeps its bucket over reloads; a caller that is given as
 * an object has one for as long as the object exists.
 */
export class RateLimits {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** The moment at which each bucket is full again, monotonic ms. */
  readonly #named = new Map<string, number>();
  readonly #others = new WeakMap<object, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Takes one request from the bucket of `whose`. Answers 0, or how many ms to wait until the bucket allows one. */
  take(whose: string | object, { perSecond, burst }: Rate): number {
    const known = typeof whose === 'string' ? this.#named.get(whose) : this.#others.get(whose);
    const now = this.#clock.monotonic();
    const costMs = 1_000 / perSecond;
    const fullAt = Math.max(now, known ?? now) + costMs;
    const waitMs = fullAt - now - burst * costMs;
    // Less than this is a rounding error of the division, not a wait.
    if (waitMs > 1e-6) return waitMs;
    if (typeof whose === 'string') this.#named.set(whose, fullAt);
    else this.#others.set(whose, fullAt);
    return 0;
  }
}
