import { type AccessToken, defaultPolicy, isTokenError, type KeptToken } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { Holding } from './holding.ts';
import type { IssuerHealth } from './issuer-health.ts';
import type { PromisedPace } from './promised-pace.ts';
import type { Instant, WorldTime } from './world-time.ts';

const TOLERANCE_MS = 5;
const { waitMs, urgentWaitMs } = defaultPolicy;

/** One caller who waits. */
interface Caller {
  readonly since: Instant;
  /** Monotonic ms at which it must have an answer. */
  readonly patientUntilMs: number;
  readonly mayFail: boolean;
  /** Least remaining life it needs, ms; of a token that lives shorter, half. */
  readonly neededMs: number;
  readonly kept: KeptToken;
  readonly signal: AbortSignal | undefined;
}

/** What one caller asks for. */
export interface Demand {
  readonly minTtlSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a caller's failure may be due to beside the issuer. */
export interface Surroundings {
  readonly pace: PromisedPace;
  readonly health: IssuerHealth;
  /** Whether the store answers at once. */
  isStorePrompt(): boolean;
}

/** The callers: what they are given, how long they wait, and whether one who fails had to. */
export class CallerWatch {
  readonly waiting: Set<Caller> = new Set();
  readonly counts: { served: number; failed: number; aborted: number } = { served: 0, failed: 0, aborted: 0 };
  /** What is kept now. */
  current: KeptToken | undefined;
  /** Fingerprints of the tokens that were handed out last, the newest first. */
  readonly fingerprints: string[] = [];
  readonly #time: WorldTime;
  readonly #pace: PromisedPace;
  readonly #around: Surroundings;
  readonly #accuse: Accuse;
  readonly #holdings = new Map<string, Holding[]>();

  constructor(time: WorldTime, around: Surroundings, accuse: Accuse) {
    this.#time = time;
    this.#pace = around.pace;
    this.#around = around;
    this.#accuse = accuse;
  }

  /** A caller reads the token. */
  get(kept: KeptToken, { minTtlSeconds = 0, signal }: Demand = {}): void {
    const now = this.#time.now();
    this.#pace.rules.idle.lastReadAt = now;
    const { held } = this.#pace;
    const leftMs = held?.leftMs(now) ?? 0;
    const isUsable = held?.isUsable(now) === true;
    const neededMs = minTtlSeconds * 1000;
    const isDemanding = isUsable && isShort(held, neededMs, now, TOLERANCE_MS);
    const isUrgent = isUsable && leftMs <= held.marks.urgentMs + TOLERANCE_MS;
    // An urgent token that ends within the short wait is no more than none.
    const isEnding = isUrgent && leftMs - held.marks.safetyMs <= urgentWaitMs + TOLERANCE_MS;
    const mayFail = !isUsable || isDemanding || isEnding;
    const patienceMs = mayFail ? waitMs : isUrgent ? urgentWaitMs : 0;
    const caller: Caller = { since: now, patientUntilMs: now.monoMs + patienceMs, mayFail, neededMs, kept, signal };
    const options = { ...(minTtlSeconds > 0 ? { minTtlSeconds } : {}), ...(signal === undefined ? {} : { signal }) };
    this.#watch(caller, () => kept.get(Object.keys(options).length > 0 ? options : undefined));
  }

  /** A caller tells of a 401. */
  reject(kept: KeptToken, fingerprint: string): void {
    const now = this.#time.now();
    const { held } = this.#pace;
    const longestMs = 2 * waitMs;
    const mayFail = held === undefined || held.leftMs(now) - held.marks.safetyMs <= longestMs;
    const caller: Caller = { since: now, patientUntilMs: now.monoMs + longestMs, mayFail, neededMs: 0, kept, signal: undefined };
    this.#watch(caller, () => kept.reject(fingerprint));
  }

  /** Looks whether somebody waits for too long. */
  look(): void {
    const { monoMs } = this.#time.now();
    for (const { patientUntilMs, since } of this.waiting) {
      if (monoMs <= patientUntilMs + TOLERANCE_MS) continue;
      this.#accuse('kept_waiting', `a caller waits for ${monoMs - since.monoMs} ms, ${patientUntilMs - since.monoMs} ms is the most`);
    }
  }

  /** Nobody may wait at all: time has not moved since they came. */
  lookAtOnce(): void {
    const { monoMs } = this.#time.now();
    const late = [...this.waiting].find((caller) => caller.since.monoMs === monoMs && caller.patientUntilMs === monoMs);
    if (late !== undefined) this.#accuse('kept_waiting', 'a caller had to wait although a token that is not urgent is held');
  }

  /** Whoever gave up is free, whatever became of the mint. */
  lookForAborted(): void {
    if ([...this.waiting].some(({ signal }) => signal?.aborted)) this.#accuse('abort_ignored', 'a caller who gave up still waits');
  }

  /** Judges a token that is, or would be, handed out now. */
  given(value: string): void {
    const now = this.#time.now();
    const { held } = this.#pace;
    if (held !== undefined && this.#holdings.get(held.value)?.includes(held) !== true) {
      this.#holdings.set(held.value, [...(this.#holdings.get(held.value) ?? []), held]);
    }
    const known = this.#holdings.get(value) ?? [];
    const [first] = known;
    if (first === undefined) {
      this.#accuse('expired_token', 'a caller was given a token that is not held');
      return;
    }
    const leftMs = first.delivery.endTrueMs - now.trueMs;
    const leastMs = Math.min(...known.map((holding) => holding.marks.safetyMs - holding.excuseMs(now)));
    if (leftMs < leastMs - TOLERANCE_MS) {
      this.#accuse('expired_token', `a caller was given a token that lives ${leftMs} ms, ${leastMs} ms is the least`);
    }
  }

  #watch(caller: Caller, call: () => Promise<AccessToken>): void {
    this.waiting.add(caller);
    call().then(
      (token) => {
        this.waiting.delete(caller);
        this.counts.served += 1;
        this.look();
        this.given(token.accessToken);
        this.#judgeLife(caller, token.accessToken);
        if (this.fingerprints[0] !== token.fingerprint) {
          this.fingerprints.unshift(token.fingerprint);
          this.fingerprints.length = Math.min(3, this.fingerprints.length);
        }
      },
      (error: unknown) => {
        this.waiting.delete(caller);
        this.look();
        if (caller.signal?.aborted && error === caller.signal.reason) {
          this.counts.aborted += 1;
          return;
        }
        this.counts.failed += 1;
        this.#judgeFailure(caller, error);
      },
    );
  }

  /** Whoever needs so much life is given a token that has it. */
  #judgeLife({ since, neededMs }: Caller, value: string): void {
    const now = this.#time.now();
    const { held } = this.#pace;
    if (this.#isDisturbedFor(since) || held?.value !== value || !isShort(held, neededMs, now, -TOLERANCE_MS)) return;
    this.#accuse('short_lived', `a caller who needs ${neededMs} ms was given a token that lives ${held.leftMs(now)} ms`);
  }

  #judgeFailure(caller: Caller, error: unknown): void {
    const { since, mayFail, kept } = caller;
    if (!isTokenError(error)) {
      this.#accuse('untyped_failure', 'a caller got an error that is no TokenError', error);
      return;
    }
    const { pace, health, isStorePrompt } = this.#around;
    if (error.code === 'closed') {
      if (pace.isKept && kept === this.current)
        this.#accuse('needless_failure', 'a caller was told that a token is closed that is kept', error);
      return;
    }
    if (this.#isDisturbedFor(since)) return;
    if (!mayFail) this.#accuse('needless_failure', `a caller failed (${error.code}) although a usable token is held`, error);
    else if (error.code === 'min_ttl_unmet') this.#judgeRefusal(caller, error);
    else if (isStorePrompt() && error.code !== 'budget_exhausted' && health.isWellSince(since)) {
      this.#accuse('needless_failure', `a caller failed (${error.code}) although the issuer answers`, error);
    }
  }

  /** Whether clocks moved for a caller who came at `since`: what was under way may be lost, and a new token be old when it comes. */
  #isDisturbedFor(since: Instant): boolean {
    return this.#time.disturbedAt >= since.monoMs - waitMs;
  }

  /**
   * Whoever needs more life than is left is refused where the held token is the best to be had: the issuer was asked and gave no better one, or may not be
   * asked now. Judged by what is held in the end: who comes right after a restart finds out with the keeper what the store has.
   */
  #judgeRefusal({ since, neededMs }: Caller, error: unknown): void {
    const now = this.#time.now();
    const { held, pauses, isAsking } = this.#pace;
    if (held?.isUsable(now) !== true || !isShort(held, neededMs, now, TOLERANCE_MS)) {
      this.#accuse('needless_failure', `a caller who needs ${neededMs} ms was refused a token that lives ${held?.leftMs(now)} ms`, error);
    }
    const isOutOfPatience = now.monoMs - since.monoMs >= waitMs - TOLERANCE_MS;
    if (!isAsking && !isOutOfPatience && pauses.mostMs(now) <= 0) {
      this.#accuse('needless_failure', `a caller who needs ${neededMs} ms was refused although the issuer may be asked`, error);
    }
  }
}

/** Whether `held` lives shorter than a caller needs who needs `neededMs`: more than half its life is asked of no token. */
function isShort(held: Holding, neededMs: number, now: Instant, toleranceMs: number): boolean {
  return held.leftMs(now) < Math.min(neededMs, held.delivery.toldMs / 2) + toleranceMs;
}
