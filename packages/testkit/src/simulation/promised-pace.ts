import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import { Holding } from './holding.ts';
import { RejectionRules } from './rejection-rules.ts';
import type { Delivery, IssuerWatch, Outcome, ToldQuota } from './simulated-issuer.ts';
import { elapsedMs, type Instant, type WorldTime } from './world-time.ts';

/** Rounding of timers to whole milliseconds, and of numbers near 10^10. */
const TOLERANCE_MS = 2;
const QUOTA = 50;
const { retryBaseMs, retryCapMs, retryCapExpiredMs, retryAfterCapMs, permanentRetryMs, permanentRetryCapMs, mintFloorMs, mintFloorShare } =
  defaultPolicy;

/** For how long the issuer is left alone after an attempt: at least, and at most where a token is wanted. */
interface Pause {
  readonly from: Instant;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly why: 'floor' | 'back-off' | 'retry-after';
}

/** How often one process may ask the issuer, and what it holds by what it got; a second opinion beside the keeper's, from the design alone. */
export class PromisedPace implements IssuerWatch {
  held: Holding | undefined;
  /** What the store has. */
  stored: Delivery | undefined;
  /** Most remaining life that a caller of this moment asks for, ms. */
  demandedMs = 0;
  /** The secrets that the client has, in the order it tries them at first. */
  secrets: readonly string[] = ['secret-0'];
  readonly rejections: RejectionRules;
  readonly counts: { attempts: number; requests: number; tokens: number; forced: number } = {
    attempts: 0,
    requests: 0,
    tokens: 0,
    forced: 0,
  };
  readonly #time: WorldTime;
  readonly #accuse: Accuse;
  #attempt:
    | { readonly secrets: readonly string[]; readonly tried: Set<string>; readonly isForced: boolean; isWaiting: boolean }
    | undefined;
  #isAdopted = true;
  #floor: Pause | undefined;
  #failure: { readonly pause: Pause; readonly isPermanent: boolean; readonly count: number } | undefined;
  #scarceUntilWallMs = Number.NEGATIVE_INFINITY;

  constructor(time: WorldTime, accuse: Accuse) {
    this.#time = time;
    this.#accuse = accuse;
    this.rejections = new RejectionRules(accuse);
  }

  get isAsking(): boolean {
    return this.#attempt !== undefined;
  }

  /** A new process knows of nothing until it looks into the store. */
  restart(): void {
    this.held = undefined;
    this.#isAdopted = false;
    this.#attempt = undefined;
    this.#floor = undefined;
    this.#failure = undefined;
    this.#scarceUntilWallMs = Number.NEGATIVE_INFINITY;
    this.rejections.restart();
  }

  /** The process looks into the store, the first time that it is asked to. */
  adopt(): void {
    if (!this.#isAdopted && this.stored !== undefined) this.held = Holding.adopted(this.stored, this.#time.now());
    this.#isAdopted = true;
  }

  /** The client was given other secrets: what was refused before may be accepted now. */
  give(secrets: readonly string[]): void {
    if (secrets.join() === this.secrets.join()) return;
    this.secrets = secrets;
    this.#failure = undefined;
  }

  /** Longest time from now until the keeper must ask again, if a token is wanted: the rest of what stands of pauses, ms. */
  mostPauseMs(now: Instant): number {
    return Math.max(0, ...this.#pauses().map(({ from, mostMs }) => mostMs - elapsedMs(from, now)));
  }

  /** How long after an attempt may pass at most before the next, ms. */
  get longestDelayMs(): number {
    return Math.max(0, ...this.#pauses().map(({ mostMs }) => mostMs));
  }

  /** Whether the issuer must not be asked at all now. */
  isPaused(now: Instant): boolean {
    return this.#pauses().some(({ from, leastMs }) => elapsedMs(from, now) + TOLERANCE_MS < leastMs);
  }

  /** Whether a successor must be on its way: nothing usable, or due with not even jitter as a reason to wait. */
  isWanting(now: Instant): boolean {
    if (this.held?.isUsable(now) !== true) return true;
    const leftMs = this.held.leftMs(now);
    return leftMs <= this.held.marks.urgentMs || (leftMs < this.held.marks.leadMs && now.wallMs > this.#scarceUntilWallMs);
  }

  asked(secret: string): void {
    this.counts.requests += 1;
    const attempt = this.#attempt;
    if (attempt?.isWaiting === false && attempt.secrets.includes(secret) && !attempt.tried.has(secret)) {
      attempt.tried.add(secret);
      attempt.isWaiting = true;
      return;
    }
    if (attempt !== undefined) this.#accuse('two_in_flight', 'the issuer was asked while an earlier request was on its way');
    this.counts.attempts += 1;
    const now = this.#time.now();
    this.#judgePauses(now);
    const isDue = this.#isDue(now);
    const isForced = this.rejections.asked(isDue, now);
    if (isForced) this.counts.forced += 1;
    else if (!isDue) {
      const { held } = this;
      const life = `${held?.leftMs(now)} of ${held?.delivery.toldMs} ms`;
      this.#accuse('asked_early', `the issuer was asked for a successor of a token that lives ${life}`);
    }
    this.#attempt = { secrets: this.secrets, tried: new Set([secret]), isForced, isWaiting: true };
  }

  answered(outcome: Outcome, quota: ToldQuota | null): void {
    const now = this.#time.now();
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (quota !== null) {
      const isScarce = quota !== undefined && quota.remaining < Math.max(3, QUOTA / 10);
      this.#scarceUntilWallMs = isScarce ? quota.resetsAtWallMs : Number.NEGATIVE_INFINITY;
    }
    attempt.isWaiting = false;
    if (outcome.kind === 'wrong secret' && attempt.secrets.some((secret) => !attempt.tried.has(secret))) return;
    this.#attempt = undefined;
    if (outcome.kind === 'token') this.#take(outcome.delivery, attempt.isForced ? outcome.delivery.asked.monoMs : undefined, now);
    else this.#fail(outcome.kind === 'wrong secret', outcome.kind === 'failure' ? outcome.retryAfterMs : undefined, now);
  }

  #judgePauses(now: Instant): void {
    for (const { from, leastMs, why } of this.#pauses()) {
      const elapsed = elapsedMs(from, now);
      // A floor spaces the mints of a token that is held; it does not keep callers without one.
      if (elapsed + TOLERANCE_MS >= leastMs || (why === 'floor' && this.held?.isUsable(now) !== true)) continue;
      const code = why === 'retry-after' ? 'asked_within_retry_after' : 'asked_in_pause';
      this.#accuse(code, `the issuer was asked ${elapsed} ms after the last attempt, the ${why} is ${leastMs} ms`);
    }
  }

  /** Whether a successor may be asked for now, rejections apart: the earliest that jitter, quota and callers allow. */
  #isDue(now: Instant): boolean {
    const { held } = this;
    if (held?.isUsable(now) !== true) return true;
    const leftMs = held.leftMs(now) - TOLERANCE_MS;
    if (leftMs <= held.marks.urgentMs || leftMs < Math.min(this.demandedMs, held.delivery.toldMs / 2)) return true;
    return leftMs <= held.marks.earliestMs && now.wallMs + TOLERANCE_MS >= this.#scarceUntilWallMs;
  }

  /** The longer-lived of two tokens is kept, a rejected one never against another. A gain of less than a tenth is no reason to ask again soon. */
  #take(delivery: Delivery, forcedAtMs: number | undefined, now: Instant): void {
    this.counts.tokens += 1;
    this.#failure = undefined;
    const minted = Holding.minted(delivery, forcedAtMs);
    const isSame = this.held?.value === delivery.value;
    const gainMs = this.held === undefined ? Number.POSITIVE_INFINITY : minted.leftMs(now) - this.held.leftMs(now);
    const isWelcome = this.held === undefined || (!isSame && (this.rejections.isSuspect || gainMs >= 0.1 * delivery.toldMs));
    if (isWelcome || gainMs > 0) {
      this.held = minted;
      this.stored = delivery;
      if (!isSame) this.rejections.isSuspect = false;
    }
    const leastMs = isWelcome
      ? Math.min(mintFloorMs, mintFloorShare * delivery.toldMs)
      : Math.max(5_000, (this.held?.leftMs(now) ?? 0) / 2);
    this.#floor = { from: now, leastMs, mostMs: leastMs, why: 'floor' };
  }

  #fail(isPermanent: boolean, retryAfterMs: number | undefined, now: Instant): void {
    const count = this.#failure?.isPermanent === isPermanent ? this.#failure.count + 1 : 1;
    const usableMs = this.held === undefined ? 0 : Math.max(0, this.held.leftMs(now) - this.held.marks.safetyMs);
    const capMs = usableMs > 0 ? Math.min(retryCapMs, Math.max(retryBaseMs, usableMs / 10)) : retryCapExpiredMs;
    const backOffMs = Math.min(capMs, retryBaseMs * 2 ** (count - 1));
    const askedMs = Math.min(retryAfterCapMs, retryAfterMs ?? 0);
    const permanentMs = Math.min(permanentRetryCapMs, permanentRetryMs * 2 ** (count - 1));
    const pause: Pause = {
      from: now,
      leastMs: isPermanent ? permanentMs : Math.max(backOffMs / 2, askedMs),
      mostMs: isPermanent ? permanentMs : Math.max(backOffMs, askedMs * 1.25),
      why: !isPermanent && askedMs > backOffMs / 2 ? 'retry-after' : 'back-off',
    };
    this.#failure = { pause, isPermanent, count };
  }

  #pauses(): readonly Pause[] {
    return [this.#floor, this.#failure?.pause].filter((pause) => pause !== undefined);
  }
}
