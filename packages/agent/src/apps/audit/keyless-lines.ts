import type { Clock, Timer } from '@evertoken/client';
import { RateLimits } from '../rate-limits.ts';
import type { AuditEntry } from './audit-entry.ts';

/** Lines of their own for requests without a valid key. */
const rate = { perSecond: 10, burst: 10 };
/** How often the others are summed up, ms. */
const sumEveryMs = 10_000;

/**
 * Bounds the lines of requests that came without a valid key: anybody can send them without end, and would wash the lines of others out of the files. Ten a
 * second have a line each; the others are counted, and told in one line each ten seconds.
 */
export class KeylessLines {
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #rates: RateLimits;
  readonly #onSum: (count: number) => void;
  #count = 0;
  #timer: Timer | undefined;

  /** `onSum` is told how many requests got no line. */
  constructor(clock: Pick<Clock, 'monotonic' | 'setTimer'>, onSum: (count: number) => void) {
    this.#clock = clock;
    this.#rates = new RateLimits(clock);
    this.#onSum = onSum;
  }

  /** Whether `entry` gets a line; one that gets none is counted. */
  hasLine(entry: AuditEntry): boolean {
    if (!isKeyless(entry) || this.#rates.take('', rate) === 0) return true;
    this.#count += 1;
    this.#timer ??= this.#clock.setTimer(() => this.sumUp(), sumEveryMs);
    return false;
  }

  /** Tells what was counted, if anything was, and sets no timer. */
  sumUp(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const count = this.#count;
    this.#count = 0;
    if (count > 0) this.#onSum(count);
  }
}

/** A client that is passed through has shown that its secret is right only once it has a token. */
function isKeyless({ app, fingerprint }: AuditEntry): boolean {
  return app === '(unknown)' || (app === '(passed through)' && fingerprint === undefined);
}
