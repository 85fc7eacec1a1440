import { TokenError } from '../errors.ts';
import type { CheckedTokenRequest } from '../mint/token-request.ts';
import type { GetOptions } from '../options.ts';
import { decideForcedMint, type ForcedMintHistory, noForcedMints } from '../policy/forced-mint.ts';
import { isUsable, mintFloorOf, successionOf } from '../policy/freshness.ts';
import type { KeptTokenStatus, TokenState } from '../status.ts';
import type { TokenStore } from '../store/token-store.ts';
import type { AccessToken } from '../token.ts';
import { authorizedFetch } from '../use/authorized-fetch.ts';
import { Deadline } from './deadline.ts';
import { describeToken } from './describe-token.ts';
import { HeldToken } from './held-token.ts';
import { type KeepingTools, Minter } from './minter.ts';
import { timeIsUp, waitAtMost } from './patience.ts';
import { PersistedToken } from './persisted-token.ts';
import { closed, outOfPatience, tooShort } from './waiting-errors.ts';

/** What a kept token needs of its keeper. */
export interface KeeperSide {
  readonly tools: KeepingTools;
  readonly store: TokenStore;
  /** The kept token wants to be looked at in `ms`. */
  wakeIn(ms: number): void;
}

/**
 * One token request whose token is always kept fresh. Made by `TokenKeeper.keep`.
 * However many callers there are, at most one request is on its way to the issuer.
 */
export class KeptToken {
  /** Name in events and messages. */
  readonly name: string;
  readonly #request: CheckedTokenRequest;
  readonly #keeper: KeeperSide;
  readonly #minter: Minter;
  readonly #persisted: PersistedToken;
  #held: HeldToken | undefined;
  /** The held token as a settled promise, so that a fresh read makes nothing new. */
  #answer: Promise<AccessToken> | undefined;
  /** Wall clock up to which the held token is fresh without another look; 0 when a look is due. */
  #freshUntil = 0;
  #isSuspect = false;
  #flight: Promise<HeldToken> | undefined;
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  #forced: ForcedMintHistory = noForcedMints;
  /** No mint begins before this, failures apart. */
  #floor: Deadline | undefined;
  #mints = 0;
  #waiters = 0;
  #lastMint: KeptTokenStatus['lastMint'];
  readonly #stop = new AbortController();

  constructor(request: CheckedTokenRequest, name: string, keeper: KeeperSide) {
    this.name = name;
    this.#request = request;
    this.#keeper = keeper;
    this.#minter = new Minter(request, name, keeper.tools);
    this.#persisted = new PersistedToken(request, name, keeper.store, keeper.tools);
  }

  /**
   * A token that may be used now. Resolves at once while one is held and not urgent; else waits for the shared mint (`policy.urgentWaitMs`,
   * `policy.waitMs`).
   * @throws {TokenError} when none can be had in time; `retryAfterMs` tells when to come again.
   */
  get(options?: GetOptions): Promise<AccessToken> {
    if (options === undefined && this.#answer !== undefined && this.#keeper.tools.clock.now() < this.#freshUntil) return this.#answer;
    return this.#getSlowly(options ?? {});
  }

  /** The held token if it may be used now; never waits, never mints. */
  peek(): AccessToken | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    return this.#keeper.tools.clock.now() < this.#freshUntil || isUsable(held.state()) ? held.token : undefined;
  }

  /**
   * `fetch` with the token. After a 401 the token is replaced once for everyone and the request is sent once more with the new one, if its body can be
   * sent again (none, or at most 64 KiB of text or bytes).
   * @throws {TypeError} for a URL that is neither https nor loopback. @throws {TokenError}
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response> {
    return authorizedFetch(this, this.#keeper.tools.fetch, url, init);
  }

  /**
   * Tells that an API answered 401 (or `invalid_token`, RFC 6750 §3.1) to the token named by `fingerprint`; never call it for 403. Resolves with the
   * token to use now: another one, or the same when a new one would not help or may not be minted yet.
   * @throws {TokenError} when nothing usable is held.
   */
  async reject(fingerprint: string): Promise<AccessToken> {
    const held = this.#held;
    if (held === undefined || held.token.fingerprint !== fingerprint || this.#isClosed) return this.get();
    const { clock, policy, events } = this.#keeper.tools;
    if (this.#flight === undefined) {
      const decision = decideForcedMint(clock.monotonic(), held.forcedAt, this.#forced, policy);
      const pauseMs = decision.mayMint ? this.#pauseMs() : decision.refusedForMs;
      const isMinting = decision.mayMint && pauseMs === 0;
      // A mint that has to wait for other reasons is not the one forced mint of its time.
      if (isMinting || !decision.mayMint) this.#forced = decision.history;
      events.emit('rejected', { name: this.name, fingerprint, isMinting, refusedForMs: pauseMs });
      if (!decision.mayMint && decision.isHopeless)
        events.emit('rejectedAfterMint', { name: this.name, fingerprint, refusedForMs: decision.refusedForMs });
      if (!isMinting) return this.get();
    }
    this.#isSuspect = true;
    try {
      const outcome = await this.#wait(this.#mint(true), policy.waitMs);
      if (outcome !== timeIsUp) return outcome.token;
    } catch {
      // The held token is still the best there is: the API's own 401 tells the caller more than a failed mint.
    }
    return this.get();
  }

  /** Where it stands. */
  status(): KeptTokenStatus {
    const held = this.#held;
    const { clock } = this.#keeper.tools;
    const { lastFailure } = this.#minter;
    return {
      request: this.#request.facts,
      state: this.#state(),
      isSuspect: this.#isSuspect,
      ...(held === undefined ? {} : { token: describeToken(held) }),
      nextMintAt: this.#isClosed ? undefined : clock.now() + Math.max(this.#untilDueMs(), this.#pauseMs()),
      ...(this.#lastMint === undefined ? {} : { lastMint: this.#lastMint }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
      isMinting: this.#flight !== undefined,
      mints: this.#mints,
      waiters: this.#waiters,
    };
  }

  /** Looks at the clock, mints if it is time, and asks to be woken again. For the keeper. */
  wake(): void {
    if (this.#isClosed) return;
    if (!this.#isLoaded) {
      this.#loading ??= this.#load().finally(() => {
        this.#isLoaded = true;
        this.wake();
      });
      return;
    }
    if (this.#flight !== undefined) return;
    const untilDueMs = this.#untilDueMs();
    // Where the wall clock was set back, its reading alone would call the token fresh for too long.
    if (untilDueMs === 0) this.#freshUntil = 0;
    const waitMs = Math.max(untilDueMs, this.#pauseMs());
    if (waitMs <= 0) void this.#mint(false).catch(() => undefined);
    else this.#keeper.wakeIn(waitMs);
  }

  /** The clocks moved apart: look anew, and not all at the same moment. For the keeper. */
  rejudge(): void {
    const { random, policy } = this.#keeper.tools;
    if (this.#held !== undefined) this.#hold(this.#held.redrawn(random(), policy));
    const untilDueMs = this.#untilDueMs();
    this.#keeper.wakeIn(untilDueMs > 0 ? untilDueMs : random() * policy.rejudgeSpreadMs);
  }

  /** Ends keeping; waits until a save under way is done. For the keeper. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#held = undefined;
    this.#answer = undefined;
    this.#freshUntil = 0;
    await this.#flight?.catch(() => undefined);
    await this.#persisted.settled();
  }

  async #getSlowly({ signal, minTtlSeconds }: GetOptions): Promise<AccessToken> {
    signal?.throwIfAborted();
    const { policy } = this.#keeper.tools;
    await this.#loading;
    if (this.#isClosed) throw closed(this.name);
    const held = this.#held;
    const state = this.#state();
    if (held !== undefined && isUsable(state)) {
      const neededMs = Math.min((minTtlSeconds ?? 0) * 1000, 0.5 * held.token.lifetimeMs);
      if (held.remainingMs() < neededMs) return this.#getWithin(policy.waitMs, neededMs, signal);
      if (state === 'fresh') return held.token;
      if (state === 'due') {
        this.wake();
        return held.token;
      }
      return this.#getWithin(policy.urgentWaitMs, 0, signal);
    }
    return this.#getWithin(policy.waitMs, 0, signal);
  }

  /** Waits for the shared mint; a usable token that is held already is the answer when the mint comes to nothing. */
  async #getWithin(ms: number, neededMs: number, signal: AbortSignal | undefined): Promise<AccessToken> {
    let failure: TokenError | undefined;
    try {
      const outcome = await this.#wait(this.#mint(false), ms, signal);
      if (outcome === timeIsUp) failure = outOfPatience(this.name, ms);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TokenError)) throw error;
      failure = error;
    }
    if (this.#isClosed) throw closed(this.name);
    const held = this.#held;
    if (held !== undefined && isUsable(held.state())) {
      const neededNowMs = Math.min(neededMs, 0.5 * held.token.lifetimeMs);
      if (held.remainingMs() >= neededNowMs) return held.token;
      throw tooShort(this.name, neededMs, failure, this.#pauseMs());
    }
    throw failure ?? outOfPatience(this.name, ms);
  }

  async #wait<T>(work: Promise<T>, ms: number, signal?: AbortSignal): Promise<T | typeof timeIsUp> {
    this.#waiters += 1;
    try {
      return await waitAtMost(work, ms, this.#keeper.tools.clock, signal);
    } finally {
      this.#waiters -= 1;
    }
  }

  /** The mint under way, or a new one if the issuer may be asked now, else the failure that stands. */
  #mint(isForced: boolean): Promise<HeldToken> {
    if (this.#flight !== undefined) return this.#flight;
    if (this.#pauseMs() > 0) {
      const failure = this.#minter.currentFailure();
      if (failure !== undefined) return Promise.reject(failure);
      if (this.#held !== undefined && isUsable(this.#held.state())) return Promise.resolve(this.#held);
    }
    this.#flight = this.#mintOnce(isForced).finally(() => {
      this.#flight = undefined;
      this.wake();
    });
    return this.#flight;
  }

  async #mintOnce(isForced: boolean): Promise<HeldToken> {
    const { clock, policy, random, events } = this.#keeper.tools;
    const forcedAt = isForced ? clock.monotonic() : undefined;
    const { minted, durationMs } = await this.#minter.mint(() => this.#usableMs(), this.#stop.signal);
    const fresh = await HeldToken.minted(minted, { clock, policy, r: random() }, forcedAt);
    if (this.#isClosed) throw closed(this.name);
    const { fingerprint, lifetimeMs, expiresAt } = fresh.token;
    const held = this.#held;
    const succession = held === undefined ? { keep: 'new' as const } : successionOf(held.life(), this.#isSuspect, fresh.life());
    this.#mints += 1;
    this.#floor = Deadline.in(clock, 'retryInMs' in succession ? succession.retryInMs : mintFloorOf(lifetimeMs, policy));
    if (succession.keep === 'new') {
      this.#isSuspect &&= held?.token.fingerprint === fingerprint;
      this.#hold(fresh);
      this.#lastMint = { at: clock.now(), durationMs, from: 'issuer' };
      this.#persisted.save(fresh.stored);
    }
    events.emit('minted', { name: this.name, fingerprint, durationMs, lifetimeMs, expiresAt, dueAt: fresh.dueAt });
    return this.#held ?? fresh;
  }

  #hold(held: HeldToken): void {
    const { clock } = this.#keeper.tools;
    this.#held = held;
    this.#answer = Promise.resolve(held.token);
    const freshForMs = held.remainingMs() - held.marks.dueMs;
    this.#freshUntil = freshForMs > 0 ? clock.now() + freshForMs : 0;
  }

  async #load(): Promise<void> {
    const { clock, policy, random, events } = this.#keeper.tools;
    const stored = await this.#persisted.load();
    if (stored === undefined || this.#isClosed) return;
    const held = await HeldToken.stored(stored, { clock, policy, r: random() });
    if (!isUsable(held.state())) return;
    this.#hold(held);
    this.#lastMint = { at: clock.now(), durationMs: 0, from: 'store' };
    events.emit('adopted', { name: this.name, fingerprint: held.token.fingerprint, expiresAt: stored.expiresAt, dueAt: held.dueAt });
  }

  get #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  #state(): TokenState {
    return this.#held === undefined ? 'empty' : this.#held.state();
  }

  /** How long callers can be served with what is held. */
  #usableMs(): number {
    return this.#held === undefined ? 0 : Math.max(0, this.#held.remainingMs() - this.#held.marks.safetyMs);
  }

  #untilDueMs(): number {
    return this.#held === undefined ? 0 : Math.max(0, this.#held.remainingMs() - this.#held.marks.dueMs);
  }

  /** How long the issuer is left alone: after a failure, and between two mints. */
  #pauseMs(): number {
    return Math.max(this.#minter.pauseMs, this.#floor?.leftMs ?? 0, 0);
  }
}
