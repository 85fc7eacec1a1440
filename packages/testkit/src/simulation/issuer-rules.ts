import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { WorldTime } from './world-time.ts';

const { issuerRatePerSecond, issuerBurst, probeAfterFailures } = defaultPolicy;
/** Rounding of timers to whole milliseconds, as a share of a request. */
const TOLERANCE = 0.05;

/** How one attempt ended: the issuer failed, the client asks too often, it answered whatever it was, or the client has no more use for it. */
export type AttemptEnd = 'failed' | 'limited' | 'answered' | 'given up';

/** How all tokens of one issuer together may ask it: so many a second, and while it fails one at a time; from the design alone. */
export class IssuerRules {
  readonly #time: WorldTime;
  readonly #accuse: Accuse;
  #level: number = issuerBurst;
  #levelAtMs = 0;
  #inside = 0;
  #failures = 0;
  #brokenAtMs = Number.POSITIVE_INFINITY;
  #probeFailedAtMs = Number.NEGATIVE_INFINITY;

  constructor(time: WorldTime, accuse: Accuse) {
    this.#time = time;
    this.#accuse = accuse;
  }

  restart(): void {
    this.#level = issuerBurst;
    this.#inside = 0;
    this.#failures = 0;
    this.#brokenAtMs = Number.POSITIVE_INFINITY;
    this.#probeFailedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** An attempt begins. */
  begin(): void {
    if (this.#isBroken && this.#inside > 0 && this.#brokenAtMs < this.#nowMs) {
      this.#accuse(
        'two_probes',
        `the issuer was asked for another token while a probe was on its way, after ${this.#failures} failures in a row`,
      );
    }
    this.spend();
    if (this.#level < -TOLERANCE) this.#accuse('over_rate', `the issuer was asked more often than ${issuerRatePerSecond} times a second`);
    this.#inside += 1;
  }

  /** An attempt takes its place in the rate, though no request may come of it. */
  spend(): void {
    this.#fill();
    this.#level -= 1;
  }

  end(how: AttemptEnd): void {
    this.#inside -= 1;
    if (how === 'given up') return;
    this.#failures = how === 'answered' ? 0 : this.#failures + 1;
    if (!this.#isBroken) this.#brokenAtMs = Number.POSITIVE_INFINITY;
    else {
      this.#brokenAtMs = Math.min(this.#brokenAtMs, this.#nowMs);
      // Each token is another client's, to whom it matters nothing that this one asks too often.
      if (how === 'failed') this.#probeFailedAtMs = this.#nowMs;
    }
  }

  /** Whether nothing keeps the next attempt from its request at this very moment. */
  get isOpen(): boolean {
    this.#fill();
    return this.#level >= 1 + TOLERANCE && !(this.#isBroken && this.#inside > 0);
  }

  /** Whether a probe failed at this moment, which is the answer for all who wait. */
  get hasSharedFailure(): boolean {
    return this.#probeFailedAtMs === this.#nowMs;
  }

  get #isBroken(): boolean {
    return this.#failures >= probeAfterFailures;
  }

  get #nowMs(): number {
    return this.#time.now().monoMs;
  }

  #fill(): void {
    this.#level = Math.min(issuerBurst, this.#level + ((this.#nowMs - this.#levelAtMs) / 1000) * issuerRatePerSecond);
    this.#levelAtMs = this.#nowMs;
  }
}
