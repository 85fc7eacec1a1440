import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { Holding } from './holding.ts';
import type { Instant } from './world-time.ts';

const { forcedMintFloorMs, rejectedAfterMintMs, forcedRefusalMs, forcedRefusalCapMs } = defaultPolicy;

/** When a rejected token (401) may and must be replaced before its time: a second opinion beside the keeper's, from the design alone. */
export class RejectionRules {
  /** The held token was rejected and its successor is not there. */
  isSuspect = false;
  /** Rejections of the held token are being told at this very moment. */
  isRejecting = false;
  readonly #accuse: Accuse;
  #lastForcedAtMs = Number.NEGATIVE_INFINITY;
  #refusedUntilMs = Number.NEGATIVE_INFINITY;
  #refusals = 0;
  #mayForce = false;

  constructor(accuse: Accuse) {
    this.#accuse = accuse;
  }

  restart(): void {
    this.isSuspect = false;
    this.isRejecting = false;
    this.#lastForcedAtMs = Number.NEGATIVE_INFINITY;
    this.#refusedUntilMs = Number.NEGATIVE_INFINITY;
    this.#refusals = 0;
  }

  /** The held token is about to be rejected. Answers whether a successor must be asked for, pauses apart. */
  begin(held: Holding, now: Instant): boolean {
    this.isRejecting = true;
    this.#mayForce = this.#decide(held, now.monoMs);
    return this.#mayForce;
  }

  /** All rejections of this moment are told. */
  end(): void {
    this.isRejecting = false;
  }

  /** The issuer is asked; answers whether a rejection is the cause. Where it may not be, the token must be due by itself: `isDue`. */
  asked(isDue: boolean, now: Instant): boolean {
    if (!this.isRejecting || (isDue && !this.#mayForce)) return false;
    if (!this.#mayForce) {
      const sinceMs = now.monoMs - this.#lastForcedAtMs;
      const refusedMs = Math.max(0, this.#refusedUntilMs - now.monoMs);
      this.#accuse('forced_too_often', `a mint was forced ${sinceMs} ms after the last one, with ${refusedMs} ms of refusal to come`);
    }
    this.isSuspect = true;
    this.#mayForce = false;
    this.#lastForcedAtMs = now.monoMs;
    return true;
  }

  #decide(held: Holding, nowMs: number): boolean {
    if (nowMs < this.#refusedUntilMs) return false;
    if (held.forcedAtMs !== undefined && nowMs - held.forcedAtMs < rejectedAfterMintMs) {
      if (nowMs - this.#refusedUntilMs >= forcedRefusalCapMs) this.#refusals = 0;
      this.#refusedUntilMs = nowMs + Math.min(forcedRefusalCapMs, forcedRefusalMs * 2 ** this.#refusals);
      this.#refusals += 1;
      return false;
    }
    return nowMs - this.#lastForcedAtMs >= forcedMintFloorMs;
  }
}
