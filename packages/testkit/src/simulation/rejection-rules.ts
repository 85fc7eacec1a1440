import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { Holding } from './holding.ts';
import type { Instant } from './world-time.ts';

const { forcedMintFloorMs, rejectedAfterMintMs, forcedRefusalMs, forcedRefusalCapMs } = defaultPolicy;

/** When a rejected token (401) may and must be replaced before its time: a second opinion beside the keeper's, from the design alone. */
export class RejectionRules {
  /** The held token was rejected and its successor is not there. */
  isSuspect = false;
  /** Nor has the issuer answered with any token since. */
  #isOwed = false;
  readonly #accuse: Accuse;
  #lastForcedAtMs = Number.NEGATIVE_INFINITY;
  #refusedUntilMs = Number.NEGATIVE_INFINITY;
  #refusals = 0;
  /** Rejections that were told, and whose mint may still have to wait for its turn. */
  #told: { readonly mayForce: boolean; readonly wasOwed: boolean; readonly atMs: number } | undefined;

  constructor(accuse: Accuse) {
    this.#accuse = accuse;
  }

  restart(): void {
    this.isSuspect = false;
    this.#isOwed = false;
    this.#lastForcedAtMs = Number.NEGATIVE_INFINITY;
    this.#refusedUntilMs = Number.NEGATIVE_INFINITY;
    this.#refusals = 0;
    this.#told = undefined;
  }

  /** The held token was rejected, and a mint is on its way. */
  suspect(): void {
    this.isSuspect = true;
    this.#isOwed = true;
  }

  /** The issuer answered with a token: the held one is left as it is where that is the same. */
  answered(): void {
    this.#isOwed = false;
  }

  /** A successor is wanted as soon as the pauses allow it, however long the held token lives. */
  get isOwed(): boolean {
    return this.isSuspect && this.#isOwed;
  }

  /** The held token is about to be rejected. Answers whether a successor must be asked for, pauses apart. */
  begin(held: Holding, { monoMs }: Instant): boolean {
    const mayForce = this.#decide(held, monoMs);
    this.#told = { mayForce, wasOwed: this.isOwed, atMs: monoMs };
    return mayForce;
  }

  /** Whether rejections were told that may force a mint, and none has begun. */
  get isUnheard(): boolean {
    return this.#told?.mayForce === true;
  }

  /** All rejections of this moment are told; whether a mint waits for its turn since. */
  end(isWaiting: boolean): void {
    if (isWaiting) this.#noteForced();
    else this.#told = undefined;
  }

  /** The issuer is asked; answers when the forced mint began where a rejection is the cause. Else the token must be due by itself: `isDue`. */
  asked(isDue: boolean, now: Instant): number | undefined {
    const told = this.#told;
    const isOwed = told?.wasOwed ?? this.isOwed;
    this.#noteForced();
    this.#told = undefined;
    if (told?.mayForce) return told.atMs;
    // An attempt before failed: this one is for the same rejection.
    if (isOwed) return now.monoMs;
    if (told === undefined || isDue) return undefined;
    const sinceMs = now.monoMs - this.#lastForcedAtMs;
    const refusedMs = Math.max(0, this.#refusedUntilMs - now.monoMs);
    this.#accuse('forced_too_often', `a mint was forced ${sinceMs} ms after the last one, with ${refusedMs} ms of refusal to come`);
    return told.atMs;
  }

  /** The mint came to nothing before the issuer was asked. */
  failedUnasked(): void {
    this.#noteForced();
    this.#told = undefined;
  }

  #noteForced(): void {
    if (this.#told?.mayForce !== true) return;
    this.suspect();
    this.#lastForcedAtMs = this.#told.atMs;
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
