import { defaultPolicy } from '@evertoken/client';
import { elapsedMs, type Instant, sleptMs } from './world-time.ts';

/** A caller's read that came of a rejection may be a wait or two later than the rejection. */
const READ_MS = 2 * defaultPolicy.waitMs;

/** When an undeclared token is kept no longer because nobody reads it. */
export class IdleRules {
  readonly isDeclared: boolean;
  lastReadAt: Instant;

  constructor(isDeclared: boolean, now: Instant) {
    this.isDeclared = isDeclared;
    this.lastReadAt = now;
  }

  /** Whether no more tokens of `lifetimeMs` may be minted: by both clocks nobody came for too long. */
  mustEnd(lifetimeMs: number, now: Instant): boolean {
    const idleMs = Math.min(
      now.wallMs - this.lastReadAt.wallMs,
      now.monoMs - this.lastReadAt.monoMs + sleptMs(now) - sleptMs(this.lastReadAt),
    );
    return !this.isDeclared && idleMs >= this.#mostMs(lifetimeMs) + READ_MS;
  }

  /** Whether it may be dropped: by one of the clocks nobody came for long enough. */
  mayEnd(lifetimeMs: number, now: Instant): boolean {
    return !this.isDeclared && elapsedMs(this.lastReadAt, now) >= this.#mostMs(lifetimeMs);
  }

  /** Whether it was read no later than `other`, by one of the clocks. */
  isIdlerThan({ lastReadAt: other }: IdleRules): boolean {
    const { wallMs, monoMs } = this.lastReadAt;
    return wallMs <= other.wallMs + READ_MS || monoMs <= other.monoMs + READ_MS;
  }

  #mostMs(lifetimeMs: number): number {
    return Math.max(defaultPolicy.undeclaredIdleMs, 2 * lifetimeMs);
  }
}
