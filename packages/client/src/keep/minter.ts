import type { Clock, Random } from '../clock.ts';
import { DpopKey } from '../dpop/dpop-key.ts';
import { TokenError } from '../errors.ts';
import type { EventHub } from '../events.ts';
import { failureOfProbe } from '../mint/failure.ts';
import type { IssuerDirectory } from '../mint/issuer-directory.ts';
import { type MintedToken, requestToken, STOPPED_MS } from '../mint/token-endpoint.ts';
import type { CheckedTokenRequest } from '../mint/token-request.ts';
import type { Fetch } from '../options.ts';
import { delayAfter } from '../policy/backoff.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import { spendMint } from '../policy/mint-budget.ts';
import { scarceQuota } from '../policy/quota.ts';
import { type TokenBucket, takeOne } from '../policy/token-bucket.ts';
import type { KeptTokenStatus, QuotaReading } from '../status.ts';
import { Deadline } from './deadline.ts';
import type { IssuerGate } from './issuer-gate.ts';
import { ProcessStopped } from './process-stopped.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** One empty array for all: there may be ten thousand tokens. */
const none: readonly never[] = [];

/** So many changes of the secret or key are tried at once; from then on, one in the time after which the same one is tried again. */
const CHANGES_AT_ONCE = 5;

/** What kept tokens share; made once by the keeper. */
export interface KeepingTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly policy: KeepingPolicy;
  readonly events: EventHub;
  readonly directory: IssuerDirectory;
  /** Where callers wait: the process is not to end before they have their answer. */
  readonly callers: WaitingRoom;
  /** Where this package waits for itself, which delays no exit. */
  readonly waitingRoom: WaitingRoom;
  gateOf(issuer: string): IssuerGate;
}

/** Has a name, which may change. */
export interface Named {
  readonly name: string;
}

/** One token request's dealings with the issuer: one attempt at a time, and after a failure none before its time. */
export class Minter {
  /** The key that the tokens are bound to, where they are. */
  readonly dpop: DpopKey | undefined;
  readonly #named: Named;
  readonly #tools: KeepingTools;
  #request: CheckedTokenRequest;
  #failure: { error: TokenError; at: number; count: number; nextAttemptAt: number; pause: Deadline } | undefined;
  #secretIndex = 0;
  /** Another secret or key was given since the issuer was asked last. */
  #isReplaced = false;
  /** Changes that may be tried at once. */
  #changes: TokenBucket | undefined;
  #spent: readonly number[] = none;
  #quotas: readonly QuotaReading[] = none;
  #isQuotaLow = false;
  #stage: { readonly isAsked: boolean; readonly since: number } | undefined;

  constructor(request: CheckedTokenRequest, named: Named, tools: KeepingTools) {
    this.#request = request;
    this.#named = named;
    this.#tools = tools;
    const { dpop } = request;
    if (dpop !== undefined) this.dpop = new DpopKey(tools.clock, dpop === true ? undefined : dpop);
    loadAhead(request);
  }

  /**
   * The same request with another secret or key: what was refused before may be accepted now. An issuer in trouble, or one that asks for time, still has it; so
   * has every issuer where nobody can tell whether it `isOther`: programs that write their secret's function out at each call would never leave it alone.
   */
  renew(request: CheckedTokenRequest, isOther: boolean): void {
    this.#request = request;
    if (!isOther) return;
    this.#secretIndex = 0;
    this.#isReplaced = true;
    const failure = this.#failure;
    if (failure === undefined || !mayBeOfCredential(failure.error)) return;
    const waitMs = this.#takeChange();
    if (waitMs === 0) this.#failure = undefined;
    else if (waitMs < this.pauseMs) this.#failure = { ...failure, ...this.#pauseOf(waitMs) };
  }

  /** Milliseconds until one more change of the secret or key may be tried; 0 where it is now. Programs that disagree change it without end. */
  #takeChange(): number {
    const { clock, policy } = this.#tools;
    const measure = { rate: 1_000 / Math.max(1, policy.permanentRetryMs), burst: CHANGES_AT_ONCE };
    const { bucket, waitMs } = takeOne(this.#changes, clock.monotonic(), measure);
    this.#changes = bucket;
    return waitMs;
  }

  #pauseOf(ms: number): { readonly nextAttemptAt: number; readonly pause: Deadline } {
    const { clock } = this.#tools;
    return { nextAttemptAt: clock.now() + ms, pause: Deadline.in(clock, ms) };
  }

  /** Milliseconds for which the issuer is to be left alone; 0 when it may be asked. */
  get pauseMs(): number {
    return this.#failure === undefined ? 0 : Math.max(0, this.#failure.pause.leftMs);
  }

  /** Milliseconds for which a mint that can wait should, because the issuer's quota is nearly used up. */
  get thriftMs(): number {
    const now = this.#tools.clock.now();
    const scarce = scarceQuota(this.#quotas, now);
    return scarce === undefined ? 0 : scarce.resetsAt - now;
  }

  /** What the issuer's quota headers said last. */
  get quotas(): readonly QuotaReading[] {
    return this.#quotas;
  }

  /** What the attempt under way does, and for how long, ms; undefined where none is. */
  get stage(): { readonly isAsked: boolean; readonly forMs: number } | undefined {
    if (this.#stage === undefined) return undefined;
    return { isAsked: this.#stage.isAsked, forMs: this.#tools.clock.monotonic() - this.#stage.since };
  }

  /** The last failure as the status shows it. */
  get lastFailure(): KeptTokenStatus['lastFailure'] {
    if (this.#failure === undefined) return undefined;
    const { error, at, count, nextAttemptAt } = this.#failure;
    const { code, message, retryable, details } = error;
    return { at, code, message, retryable, details, count, nextAttemptAt };
  }

  /** The failure to tell a caller who comes before the next attempt; undefined where none stands. */
  currentFailure(): TokenError | undefined {
    return this.#failure === undefined ? undefined : retold(this.#failure.error, this.pauseMs);
  }

  /**
   * Asks the issuer once, and again where it was refused and another secret or key has come meanwhile, within their limits, and before `policy.mintTimeoutMs`
   * have passed since it `began`. `usableMs` tells how long callers can still be served after a failure; `stop` ends the attempt.
   * @throws {TokenError} with `retryAfterMs` until the next attempt.
   * @throws {ProcessStopped} where there is to be another attempt at once, unless this one `isAgain`.
   */
  async mint(
    usableMs: () => number,
    stop: AbortSignal,
    { isAgain = false, began = this.#tools.clock.monotonic() }: { readonly isAgain?: boolean; readonly began?: number } = {},
  ): Promise<{ minted: MintedToken; durationMs: number }> {
    const { clock, events, policy } = this.#tools;
    try {
      this.#spend();
      const minted = await this.#ask(stop, isAgain);
      this.#failure = undefined;
      if (minted.isLifetimeAssumed) events.emit('lifetimeAssumed', { name: this.#named.name, lifetimeMs: minted.lifetimeMs });
      if (!this.#isReplaced) this.#remember(minted.secretIndex);
      return { minted, durationMs: clock.monotonic() - began };
    } catch (thrown) {
      // Nobody waits for it any more, and the issuer is not to blame.
      if (stop.aborted || thrown instanceof ProcessStopped) throw thrown;
      const error = thrown instanceof TokenError ? thrown : unforeseen(thrown);
      const changeMs = this.#isReplaced && mayBeOfCredential(error) ? this.#takeChange() : undefined;
      const durationMs = clock.monotonic() - began;
      // From then on callers are told why they wait, and the next attempt is made at once: they have a limit too, and so has the lease of a shared store.
      if (changeMs === 0 && durationMs < policy.mintTimeoutMs) return await this.mint(usableMs, stop, { isAgain, began });
      const failure = this.#fail(error, usableMs(), durationMs, changeMs);
      // It was that of the former secret or key.
      if (changeMs === 0) this.#failure = undefined;
      throw failure;
    } finally {
      this.#stage = undefined;
    }
  }

  #ask(stop: AbortSignal, isAgain: boolean): Promise<MintedToken> {
    const { clock, fetch, policy, directory } = this.#tools;
    const gate = this.#tools.gateOf(this.#request.facts.issuer);
    const tools = {
      clock,
      fetch,
      policy,
      directory,
      issuerSeconds: gate.nowSeconds,
      firstSecret: this.#secretIndex,
      dpop: this.dpop,
      onHeaders: ({ date, quotas }: { date: number | undefined; quotas: readonly QuotaReading[] }) => {
        gate.learn(date);
        this.#read(quotas);
      },
    };
    this.#stage = { isAsked: false, since: clock.monotonic() };
    const ask = () => {
      this.#stage = { isAsked: true, since: clock.monotonic() };
      this.#isReplaced = false;
      return requestToken(this.#request, tools, stop);
    };
    const askAwake = async () => {
      const [began, beganAt] = [clock.monotonic(), clock.now()];
      try {
        return await ask();
      } catch (error) {
        const tookMs = Math.max(clock.monotonic() - began, clock.now() - beganAt);
        const wasStopped = tookMs >= policy.mintTimeoutMs + STOPPED_MS && isWithoutAnswer(error);
        throw wasStopped && !isAgain && !stop.aborted ? new ProcessStopped() : error;
      }
    };
    // Whose requests an issuer counts together: Auth0 counts those of a client, and those for an organization.
    const { clientId, organization } = this.#request.facts;
    return gate.pass(askAwake, stop, JSON.stringify([clientId, organization])).catch((error: unknown) => {
      throw this.#stage?.isAsked || !(error instanceof TokenError) ? error : failureOfProbe(error, this.#request.facts);
    });
  }

  #spend(): void {
    const { clock, events, policy } = this.#tools;
    const { maxMintsPerDay } = policy;
    const decision = spendMint(this.#spent, clock.monotonic(), maxMintsPerDay);
    this.#spent = decision.spent;
    if (decision.mayMint) {
      if (decision.isWarning) events.emit('budgetLow', { name: this.#named.name, spent: decision.spent.length, perDay: maxMintsPerDay });
      return;
    }
    const message = `The budget of ${maxMintsPerDay} requests a day for ${JSON.stringify(this.#named.name)} is used up (\`policy.maxMintsPerDay\`).`;
    throw new TokenError('budget_exhausted', message, { retryable: true, retryAfterMs: decision.waitMs });
  }

  #read(quotas: readonly QuotaReading[]): void {
    this.#quotas = quotas.length === 0 ? none : quotas;
    const scarce = scarceQuota(quotas, this.#tools.clock.now());
    if (scarce !== undefined && !this.#isQuotaLow) this.#tools.events.emit('quotaLow', { name: this.#named.name, ...scarce });
    this.#isQuotaLow = scarce !== undefined;
  }

  #remember(secretIndex: number): void {
    if (secretIndex === this.#secretIndex) return;
    this.#tools.events.emit('secretRotated', { name: this.#named.name, from: this.#secretIndex, to: secretIndex });
    this.#secretIndex = secretIndex;
  }

  /** `mostMs` is the longest pause, where something else is to be tried after it. */
  #fail(error: TokenError, usableMs: number, durationMs: number, mostMs = Number.POSITIVE_INFINITY): TokenError {
    const { clock, events, policy, random } = this.#tools;
    const { code, message, retryable, details, retryAfterMs } = error;
    const count = this.#failure?.error.retryable === retryable ? this.#failure.count + 1 : 1;
    const delayMs = Math.min(mostMs, delayAfter({ retryable, count, usableMs, retryAfterMs, r: random() }, policy));
    this.#failure = { error, at: clock.now(), count, ...this.#pauseOf(delayMs) };
    events.emit('failed', { name: this.#named.name, code, message, retryable, details, count, retryInMs: delayMs, durationMs });
    return retold(error, delayMs);
  }
}

/** Whether another secret or key may mend it. */
function mayBeOfCredential({ code, retryable }: TokenError): boolean {
  return !retryable || code === 'secret_unavailable';
}

function isWithoutAnswer(error: unknown): boolean {
  return error instanceof TokenError && (error.code === 'timeout' || error.code === 'network_error');
}

/** Loads the parts that not every client needs. Now: when the first mint is months away, their files may have been replaced by then. */
function loadAhead({ facts, credential, dpop }: CheckedTokenRequest): void {
  if (facts.tokenEndpoint === undefined) void import('../mint/discovery.ts').catch(() => undefined);
  if (credential.method === 'private_key_jwt') void import('../mint/client-assertion.ts').catch(() => undefined);
  if (dpop !== undefined) void import('../dpop/proven-request.ts').catch(() => undefined);
}

function retold({ code, message, retryable, details, cause }: TokenError, retryAfterMs: number): TokenError {
  return new TokenError(code, message, { retryable, retryAfterMs, details, cause });
}

/** A mistake of a passed-in part (`fetch`, `clock`), not of the issuer: told as what it is, and not kept from the caller. */
function unforeseen(thrown: unknown): TokenError {
  return new TokenError('network_error', 'The token request could not be sent.', { retryable: true, cause: thrown });
}
