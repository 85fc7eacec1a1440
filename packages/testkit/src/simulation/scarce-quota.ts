import type { ToldQuota } from './issuer-watch.ts';
import { TOLERANCE_MS } from './promised-pauses.ts';
import type { Instant } from './world-time.ts';

const QUOTA = 50;

/** Whether mints that can wait leave the issuer's quota to those that cannot, by what the issuer said last. */
export class ScarceQuota {
  #untilWallMs = Number.NEGATIVE_INFINITY;

  restart(): void {
    this.#untilWallMs = Number.NEGATIVE_INFINITY;
  }

  /** An answer came; undefined: with no word on it. */
  note(quota: ToldQuota): void {
    const isScarce = quota !== undefined && quota.remaining < Math.max(3, QUOTA / 10);
    this.#untilWallMs = isScarce ? quota.resetsAtWallMs : Number.NEGATIVE_INFINITY;
  }

  /** No reason to wait, not by the least. */
  isOver({ wallMs }: Instant): boolean {
    return wallMs > this.#untilWallMs;
  }

  /** No reason to wait, roundings apart. */
  mayBeOver({ wallMs }: Instant): boolean {
    return wallMs + TOLERANCE_MS >= this.#untilWallMs;
  }
}
