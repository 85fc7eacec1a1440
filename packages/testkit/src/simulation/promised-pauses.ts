import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import { elapsedMs, type Instant } from './world-time.ts';

/** Rounding of timers to whole milliseconds, and of numbers near 10^10. */
export const TOLERANCE_MS = 2;
const { retryBaseMs, retryCapMs, retryCapExpiredMs, retryAfterCapMs, permanentRetryMs, permanentRetryCapMs } = defaultPolicy;

/** For how long the issuer is left alone after an attempt: at least, and at most where a token is wanted. */
export interface Pause {
  readonly from: Instant;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly why: 'floor' | 'back-off' | 'retry-after';
}

/** One failure of a token's attempts. */
export interface Failure {
  readonly isPermanent: boolean;
  /** The secret's source failed: the issuer was not asked. */
  readonly isOfSource?: boolean;
  /** What was asked for, ms, by the issuer or by the program's own budget; this much of it may be missing. */
  readonly retryAfterMs?: number | undefined;
  readonly slackMs?: number;
}

/** For how long the issuer is left alone with one token, by the design alone. */
export class PromisedPauses {
  #floor: Pause | undefined;
  #failure: { readonly pause: Pause; readonly isPermanent: boolean; readonly isOfSource: boolean; readonly count: number } | undefined;

  /** Failures of one kind since the last success. */
  get failures(): number {
    return this.#failure?.count ?? 0;
  }

  /** All is forgotten, as by a new process. */
  restart(): void {
    this.#floor = undefined;
    this.#failure = undefined;
  }

  /** Another secret is there: what it may mend is forgotten, an issuer in trouble still has its time. */
  renewed(): void {
    if (this.#failure?.isPermanent || this.#failure?.isOfSource) this.#failure = undefined;
  }

  /** A token came; the next is not asked for within `leastMs`. */
  minted(leastMs: number, now: Instant): void {
    this.#failure = undefined;
    this.#floor = { from: now, leastMs, mostMs: leastMs, why: 'floor' };
  }

  /** An attempt failed, with a token held that is usable for `usableMs`. Answers the delay that is promised. */
  failed({ isPermanent, isOfSource = false, retryAfterMs, slackMs = 0 }: Failure, usableMs: number, now: Instant): Pause {
    const count = this.#failure?.isPermanent === isPermanent ? this.#failure.count + 1 : 1;
    const capMs = usableMs > 0 ? Math.min(retryCapMs, Math.max(retryBaseMs, usableMs / 10)) : retryCapExpiredMs;
    const backOffMs = Math.min(capMs, retryBaseMs * 2 ** (count - 1));
    const askedMs = Math.min(retryAfterCapMs, retryAfterMs ?? 0);
    const permanentMs = Math.min(permanentRetryCapMs, permanentRetryMs * 2 ** (count - 1));
    const pause: Pause = {
      from: now,
      leastMs: isPermanent ? permanentMs : Math.max(backOffMs / 2, askedMs - slackMs),
      mostMs: isPermanent ? permanentMs : Math.max(backOffMs, askedMs * 1.25),
      why: !isPermanent && askedMs > backOffMs / 2 ? 'retry-after' : 'back-off',
    };
    this.#failure = { pause, isPermanent, isOfSource, count };
    return pause;
  }

  /** Longest time from now until the keeper must ask again, if a token is wanted: the rest of what stands of pauses, ms. */
  mostMs(now: Instant): number {
    return Math.max(0, ...this.#all().map(({ from, mostMs }) => mostMs - elapsedMs(from, now)));
  }

  /** Shortest time from now until it may, ms. */
  leastMs(now: Instant): number {
    return Math.max(0, ...this.#all().map(({ from, leastMs }) => leastMs - elapsedMs(from, now)));
  }

  /** How long after an attempt may pass at most before the next, ms. */
  get longestMs(): number {
    return Math.max(0, ...this.#all().map(({ mostMs }) => mostMs));
  }

  /** The issuer is asked now. A floor spaces the mints of a token that is held; it does not keep callers without one. */
  judge(now: Instant, isUsable: boolean, accuse: Accuse): void {
    for (const { from, leastMs, why } of this.#all()) {
      const elapsed = elapsedMs(from, now);
      if (elapsed + TOLERANCE_MS >= leastMs || (why === 'floor' && !isUsable)) continue;
      const code = why === 'retry-after' ? 'asked_within_retry_after' : 'asked_in_pause';
      accuse(code, `the issuer was asked ${elapsed} ms after the last attempt, the ${why} is ${leastMs} ms`);
    }
  }

  #all(): readonly Pause[] {
    return [this.#floor, this.#failure?.pause].filter((pause) => pause !== undefined);
  }
}
