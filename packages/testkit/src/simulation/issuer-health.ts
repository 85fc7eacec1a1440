import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { PromisedPace } from './promised-pace.ts';
import type { Instant, WorldTime } from './world-time.ts';

const { mintTimeoutMs, rejudgeSpreadMs, issuerRatePerSecond, storeWaitMs } = defaultPolicy;

/** What is told of the issuer at a moment. */
export interface IssuerState {
  /** Gives this client a token in time. */
  readonly isWell: boolean;
  /** Gives it the one it has. */
  readonly isRepeating: boolean;
  /** Gives all its clients theirs within a caller's patience. */
  readonly isPrompt: boolean;
}

/** What the promise of a successor in time depends on. */
interface HealthOptions {
  readonly isTimed: boolean;
  readonly maxSleepMs: number;
  /** Tokens of the same issuer, which may have to wait for each other. */
  readonly neighbours: number;
}

/** Since when the issuer is well, and whether the keeper makes use of it. */
export class IssuerHealth {
  readonly #time: WorldTime;
  readonly #pace: PromisedPace;
  readonly #accuse: Accuse;
  readonly #options: HealthOptions;
  /** Monotonic ms. */
  #promptSinceMs = Number.NEGATIVE_INFINITY;
  #usefulSinceMs = Number.NEGATIVE_INFINITY;
  #wantingSinceMs = Number.POSITIVE_INFINITY;
  #tokens = 0;

  constructor(time: WorldTime, pace: PromisedPace, accuse: Accuse, options: HealthOptions) {
    this.#time = time;
    this.#pace = pace;
    this.#accuse = accuse;
    this.#options = options;
  }

  /** Takes note of how the issuer is from now on. */
  note({ isWell, isRepeating, isPrompt }: IssuerState): void {
    const { monoMs } = this.#time.now();
    this.#promptSinceMs = isWell && isPrompt ? Math.min(this.#promptSinceMs, monoMs) : Number.POSITIVE_INFINITY;
    this.#usefulSinceMs = isWell && !isRepeating ? Math.min(this.#usefulSinceMs, monoMs) : Number.POSITIVE_INFINITY;
  }

  /** The process begins anew. */
  restart(): void {
    this.#wantingSinceMs = Number.POSITIVE_INFINITY;
  }

  /** Whether it was well and prompt, for a caller who came at `since`, long enough for an attempt: the one under way fails, its delay passes. */
  isWellSince(since: Instant): boolean {
    return this.#promptSinceMs + mintTimeoutMs + this.#turnMs + this.#pace.pauses.longestMs < since.monoMs;
  }

  /** How long its turn may take to come, ms: the neighbour's probe that it waits for fails, or all of them go first. */
  get #turnMs(): number {
    const { neighbours } = this.#options;
    return neighbours === 0 ? 0 : mintTimeoutMs + ((neighbours + 1) / issuerRatePerSecond) * 1000;
  }

  /** Looks whether a token that is wanted comes in time. */
  look(): void {
    const now = this.#time.now();
    const { tokens } = this.#pace.counts;
    if (tokens !== this.#tokens) {
      this.#tokens = tokens;
      // A token that does not outlive the held one leaves it wanting; what was promised of the next attempt counts from here.
      this.#wantingSinceMs = Number.POSITIVE_INFINITY;
    }
    if (!this.#options.isTimed) return;
    if (!this.#pace.isWanting(now)) {
      this.#wantingSinceMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.#wantingSinceMs = Math.min(this.#wantingSinceMs, now.monoMs);
    // A jump of the clocks is noticed when the timer fires next, and answered within the spread.
    const noticedMs = this.#time.disturbedAt + this.#options.maxSleepMs + rejudgeSpreadMs;
    const sinceMs = Math.max(this.#wantingSinceMs, this.#usefulSinceMs, noticedMs);
    const lateMs = now.monoMs - sinceMs;
    // The attempt under way fails, its delay passes, and the next takes its time.
    const mostMs = 2 * mintTimeoutMs + storeWaitMs + this.#turnMs + this.#pace.pauses.longestMs;
    if (lateMs <= mostMs) return;
    const isUsable = this.#pace.held?.isUsable(now) === true;
    const code = isUsable ? 'not_replaced' : 'slow_recovery';
    this.#accuse(code, `the issuer is well and a token wanting for ${lateMs} ms, ${mostMs} ms is the most`);
  }
}
