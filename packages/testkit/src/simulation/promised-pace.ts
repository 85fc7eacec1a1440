import { defaultPolicy } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { Delivery } from './delivery.ts';
import { Holding } from './holding.ts';
import type { IdleRules } from './idle-rules.ts';
import type { IssuerRules } from './issuer-rules.ts';
import type { IssuerWatch, Outcome, ToldQuota } from './issuer-watch.ts';
import type { MintBudgetRules } from './mint-budget-rules.ts';
import { type Failure, type Pause, PromisedPauses, TOLERANCE_MS } from './promised-pauses.ts';
import { promisedSuccession } from './promised-succession.ts';
import { RejectionRules } from './rejection-rules.ts';
import { ScarceQuota } from './scarce-quota.ts';
import type { Instant, WorldTime } from './world-time.ts';

const { mintTimeoutMs, storeWaitMs } = defaultPolicy;

/** One attempt to mint, from the first request to the keeper's word on what came of it. */
interface Attempt {
  readonly proofs: readonly string[];
  readonly tried: Set<string>;
  readonly forcedAtMs: number | undefined;
  readonly beganMs: number;
  /** For the issuer's answer. */
  isWaiting: boolean;
}

/** What one token is judged by beside its own pace. */
export interface PaceRules {
  readonly issuer: IssuerRules;
  readonly idle: IdleRules;
  readonly budget: MintBudgetRules;
}

/** How often the issuer may be asked for one token, and what is held by what it answered; a second opinion beside the keeper's, from the design alone. */
export class PromisedPace implements IssuerWatch {
  held: Holding | undefined;
  /** Whether the keeper keeps it now. */
  isKept = false;
  /** Most remaining life that a caller whose mint is not yet asked for needs, ms. */
  demandedMs = 0;
  /** What the client can prove itself with, in the order it tries them at first. */
  proofs: readonly string[];
  /** The source of the secrets fails. */
  isSourceDown = false;
  readonly pauses: PromisedPauses = new PromisedPauses();
  readonly rejections: RejectionRules;
  readonly rules: PaceRules;
  readonly counts: { requests: number; tokens: number; forced: number; shared: number } = { requests: 0, tokens: 0, forced: 0, shared: 0 };
  /** Tokens since its keeping began. */
  mints = 0;
  readonly #time: WorldTime;
  readonly #accuse: Accuse;
  #attempt: Attempt | undefined;
  /** A token was answered and is not yet handed out: the store has up to a quarter of a second for it. */
  #coming: { readonly take: () => void; readonly sinceMs: number } | undefined;
  #untold: Pause | undefined;
  #winner: string | undefined;
  readonly #quota = new ScarceQuota();

  constructor(time: WorldTime, accuse: Accuse, proofs: readonly string[], rules: PaceRules) {
    this.#time = time;
    this.#accuse = accuse;
    this.proofs = proofs;
    this.rules = rules;
    this.rejections = new RejectionRules(accuse);
  }

  get isAsking(): boolean {
    return this.#attempt !== undefined || this.#coming !== undefined;
  }

  /** It is kept from now on, and nothing is known of it. */
  begin(): void {
    this.isKept = true;
    this.rules.idle.lastReadAt = this.#time.now();
  }

  /** It is kept no longer: what is on its way comes to nothing. */
  end(): void {
    if (this.#attempt !== undefined) this.rules.issuer.end('given up');
    this.isKept = false;
    this.held = undefined;
    this.demandedMs = 0;
    this.mints = 0;
    this.#attempt = undefined;
    this.#coming = undefined;
    this.#untold = undefined;
    this.#winner = undefined;
    this.#quota.restart();
    this.pauses.restart();
    this.rejections.restart();
    this.rules.budget.restart();
  }

  /** The store answered with what the keeper once saved. */
  stored(delivery: Delivery): void {
    if (this.isKept && this.held === undefined) this.held = Holding.adopted(delivery, this.#time.now());
  }

  /** The client was given other secrets: what was refused before may be accepted now. */
  give(proofs: readonly string[]): void {
    if (proofs.join() === this.proofs.join()) return;
    this.proofs = proofs;
    this.#winner = undefined;
    this.pauses.renewed();
  }

  /** Whether a successor must be on its way: nothing usable, or rejected, or due with not even jitter as a reason to wait. */
  isWanting(now: Instant): boolean {
    if (!this.isKept || this.rules.budget.spentForMs(now.monoMs) !== undefined) return false;
    if (this.held?.isUsable(now) !== true || this.rejections.isOwed) return true;
    const leftMs = this.held.leftMs(now);
    return leftMs <= this.held.marks.urgentMs || (leftMs < this.held.marks.leadMs && this.#quota.isOver(now));
  }

  asked(proof: string): void {
    this.counts.requests += 1;
    const attempt = this.#attempt;
    if (attempt?.isWaiting === false && attempt.proofs.includes(proof) && !attempt.tried.has(proof)) {
      attempt.tried.add(proof);
      attempt.isWaiting = true;
      return;
    }
    const refused = this.#endReplaced();
    const now = this.#time.now();
    if (!this.isKept) this.#accuse('asked_after_close', 'the issuer was asked for a token that is kept no longer');
    if (this.isAsking) this.#accuse('two_in_flight', 'the issuer was asked while an earlier request was on its way');
    if (this.rules.idle.mustEnd(this.held?.delivery.toldMs ?? 0, now))
      this.#accuse('kept_idle', 'the issuer was asked though nobody reads the token');
    if (this.#winner !== undefined && this.#winner !== proof && !this.isSourceDown) {
      this.#accuse('secret_forgotten', `an attempt began with ${proof}, ${this.#winner} was taken last`);
    }
    this.pauses.judge(now, this.held?.isUsable(now) === true, this.#accuse);
    this.rules.budget.begin(now.monoMs, this.#accuse);
    this.rules.issuer.begin();
    const isDue = this.#isDue(now);
    const askedForMs = this.rejections.asked(isDue, now);
    const forcedAtMs = refused === undefined ? askedForMs : refused.forcedAtMs;
    if (forcedAtMs !== undefined) this.counts.forced += refused === undefined ? 1 : 0;
    else if (!isDue && refused === undefined) {
      const life = `${this.held?.leftMs(now)} of ${this.held?.delivery.toldMs} ms`;
      this.#accuse('asked_early', `the issuer was asked for a successor of a token that lives ${life}`);
    }
    this.demandedMs = 0;
    this.#untold = undefined;
    this.#attempt = { proofs: this.proofs, tried: new Set([proof]), forcedAtMs, beganMs: now.monoMs, isWaiting: true };
  }

  answered(outcome: Outcome, quota: ToldQuota | null): void {
    const now = this.#time.now();
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (quota !== null) this.#quota.note(quota);
    attempt.isWaiting = false;
    // Another secret may follow; else the keeper tells of a failure.
    if (outcome.kind === 'wrong proof') return;
    this.#attempt = undefined;
    if (outcome.kind === 'token') {
      this.rules.issuer.end('answered');
      if (attempt.proofs === this.proofs) this.#winner = [...attempt.tried].at(-1);
      this.#take(outcome.delivery, attempt.forcedAtMs, now);
      return;
    }
    if (outcome.kind === 'cut off' && now.monoMs - attempt.beganMs < mintTimeoutMs - TOLERANCE_MS) {
      this.#accuse('mint_cut_off', `a request was given up after ${now.monoMs - attempt.beganMs} ms although the token is kept`);
    }
    const retryAfterMs = outcome.kind === 'failure' ? outcome.retryAfterMs : undefined;
    this.rules.issuer.end(outcome.kind === 'failure' && outcome.isOfClient ? 'limited' : 'failed');
    this.#fail({ isPermanent: false, retryAfterMs }, now);
  }

  /** The keeper tells that it holds what the issuer answered. */
  minted(): void {
    if (this.#coming === undefined) return;
    const lateMs = this.#time.now().monoMs - this.#coming.sinceMs;
    if (lateMs > storeWaitMs + TOLERANCE_MS) this.#accuse('kept_waiting', `a new token was held back for ${lateMs} ms`);
    this.#coming.take();
    this.#coming = undefined;
    this.mints += 1;
  }

  /** The keeper tells that an attempt failed, and when it tries again. */
  failed(code: string, retryInMs: number): void {
    const now = this.#time.now();
    this.#endReplaced();
    if (this.#attempt !== undefined) {
      const left = this.#attempt.proofs.filter((proof) => !this.#attempt?.tried.has(proof));
      if (left.length > 0 && !this.isSourceDown) this.#accuse('secret_untried', `an attempt ended before ${left.join(', ')} was tried`);
      this.rules.issuer.end(this.#attempt.isWaiting ? 'given up' : 'answered');
      this.#attempt = undefined;
      this.#fail({ isPermanent: true }, now);
    } else if (this.#untold === undefined) this.#failUnasked(code, now);
    const told = this.#untold;
    this.#untold = undefined;
    if (told === undefined) return;
    const planned = `after ${code} the next attempt is planned in ${retryInMs} ms, in ${told.leastMs} to ${told.mostMs} ms is promised`;
    if (retryInMs < told.leastMs - TOLERANCE_MS) {
      this.#accuse(told.why === 'retry-after' ? 'asked_within_retry_after' : 'asked_in_pause', planned);
    }
    if (retryInMs > told.mostMs + TOLERANCE_MS) this.#accuse('slow_recovery', planned);
  }

  /** An attempt whose secrets were all refused while others were given comes to nothing by itself: the same mint goes on with these. */
  #endReplaced(): Attempt | undefined {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.isWaiting || attempt.proofs === this.proofs) return undefined;
    this.rules.issuer.end('answered');
    this.#attempt = undefined;
    return attempt;
  }

  #failUnasked(code: string, now: Instant): void {
    this.rejections.failedUnasked();
    this.demandedMs = 0;
    const { budget, issuer } = this.rules;
    const retryAfterMs = budget.spentForMs(now.monoMs);
    if (code === 'budget_exhausted' && retryAfterMs !== undefined) this.#fail({ isPermanent: false, retryAfterMs, slackMs: 60_000 }, now);
    else if (code === 'secret_unavailable' && this.isSourceDown) {
      issuer.spend();
      budget.begin(now.monoMs, this.#accuse);
      this.#fail({ isPermanent: false, isOfSource: true }, now);
    } else if (issuer.hasSharedFailure) {
      this.counts.shared += 1;
      budget.begin(now.monoMs, this.#accuse);
      this.#fail({ isPermanent: false }, now);
    } else this.#accuse('failed_unasked', `an attempt failed (${code}) without a request, and no other token's failure was its own`);
  }

  #fail(failure: Failure, now: Instant): void {
    const usableMs = this.held === undefined ? 0 : Math.max(0, this.held.leftMs(now) - this.held.marks.safetyMs);
    this.#untold = this.pauses.failed(failure, usableMs, now);
  }

  /** Whether a successor may be asked for now, rejections apart: the earliest that jitter, quota and callers allow. */
  #isDue(now: Instant): boolean {
    const { held } = this;
    if (held?.isUsable(now) !== true) return true;
    const leftMs = held.leftMs(now) - TOLERANCE_MS;
    if (leftMs <= held.marks.urgentMs || leftMs < Math.min(this.demandedMs, held.delivery.toldMs / 2)) return true;
    return leftMs <= held.marks.earliestMs && this.#quota.mayBeOver(now);
  }

  #take(delivery: Delivery, forcedAtMs: number | undefined, now: Instant): void {
    this.counts.tokens += 1;
    this.rejections.answered();
    const minted = Holding.minted(delivery, forcedAtMs);
    const { isTaken, isSame, leastMs } = promisedSuccession(this.held, this.rejections.isSuspect, minted, now);
    this.pauses.minted(leastMs, now);
    const take = () => {
      if (!isTaken) return;
      this.held = minted;
      if (!isSame) this.rejections.isSuspect = false;
    };
    this.#coming = { take, sinceMs: now.monoMs };
  }
}
