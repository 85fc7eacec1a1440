import type { KeepingPolicy } from './keeping-policy.ts';

/** What the delay after a failure depends on. */
export interface FailureFacts {
  readonly retryable: boolean;
  /** Failures of this kind in a row, this one included; at least 1. */
  readonly count: number;
  /** Life left in the held token until it is no longer handed out, ms; 0 or less where nothing usable is held. */
  readonly usableMs: number;
  /** What the issuer asked for, ms; undefined where it named nothing. */
  readonly retryAfterMs: number | undefined;
  /** Drawn in [0, 1). */
  readonly r: number;
}

/** How long to leave the issuer alone after a failure, ms. */
export function delayAfter(failure: FailureFacts, policy: KeepingPolicy): number {
  if (!failure.retryable) {
    return Math.min(policy.permanentRetryCapMs, policy.permanentRetryMs * 2 ** (failure.count - 1));
  }
  const cap =
    failure.usableMs > 0 ? Math.min(policy.retryCapMs, Math.max(policy.retryBaseMs, failure.usableMs / 10)) : policy.retryCapExpiredMs;
  const backoff = (0.5 + 0.5 * failure.r) * Math.min(cap, policy.retryBaseMs * 2 ** (failure.count - 1));
  if (failure.retryAfterMs === undefined) return backoff;
  const asked = Math.min(policy.retryAfterCapMs, failure.retryAfterMs);
  return Math.max(backoff, asked * (1 + 0.25 * failure.r));
}
