import type { GetOptions, WaitOptions } from '../options.ts';
import { decideForcedMint, type ForcedMintHistory, noForcedMints } from '../policy/forced-mint.ts';
import { isUsable, mostToAsk } from '../policy/freshness.ts';
import type { KeptTokenStatus } from '../status.ts';
import type { AccessToken } from '../token.ts';
import { authorizedFetch, type SendWithToken } from '../use/authorized-fetch.ts';
import type { RequestLike } from '../use/request-parts.ts';
import { describeToken } from './describe-token.ts';
import type { Keeping } from './keeping.ts';
import { closed, outOfPatience, tooShort } from './waiting-errors.ts';
import { timeIsUp } from './waiting-room.ts';

/** Whether it was minted now, else how long it may not be yet, ms. */
type MintNowOutcome = { readonly mayMint: true } | { readonly mayMint: false; readonly waitMs: number };

/**
 * One token request whose token is always kept fresh. Made by `TokenKeeper.keep`.
 * However many callers there are, at most one request is on its way to the issuer.
 */
export class KeptToken {
  /** Only it changes itself. */
  readonly #keeping: Readonly<Keeping>;
  #forced: ForcedMintHistory = noForcedMints;
  // Made when it is asked for: there may be ten thousand tokens that nobody fetches with.
  #fetch: KeptToken['fetch'] | undefined;

  constructor(keeping: Readonly<Keeping>) {
    this.#keeping = keeping;
  }

  /** Name in events and messages. */
  get name(): string {
    return this.#keeping.name;
  }

  /**
   * A token that may be used now. Resolves at once while one is held and not urgent; else waits for the shared mint (`policy.urgentWaitMs`,
   * `policy.waitMs`).
   * @throws {TokenError} when none can be had in time; `retryAfterMs` tells when to come again. @throws {TypeError} where `minTtlSeconds` is NaN.
   */
  get(options?: GetOptions): Promise<AccessToken> {
    const keeping = this.#keeping;
    if (options === undefined && keeping.answer !== undefined) {
      const now = keeping.clock.now();
      if (now < keeping.freshUntil) {
        keeping.markRead(now);
        return keeping.answer;
      }
    }
    return keeping.waiters.stay(() => this.#getSlowly(options ?? {}));
  }

  /** The held token if it may be used now; never waits, never mints, and is no read: an undeclared token that is only looked at is dropped in time. */
  peek(): AccessToken | undefined {
    const keeping = this.#keeping;
    if (keeping.clock.now() < keeping.freshUntil) return keeping.token;
    return isUsable(keeping.state) ? keeping.token : undefined;
  }

  /**
   * `fetch` with the token, bound to it: it may be handed on as it is, to whatever takes a `fetch`. After a 401 the token is replaced once for everyone and the
   * request is sent once more with the new one, if its body can be sent again (none, or at most 64 KiB of text or bytes).
   * @throws {TypeError} for a URL that is neither https nor loopback. @throws {TokenError}
   */
  get fetch(): (input: string | URL | RequestLike, init?: RequestInit) => Promise<Response> {
    this.#fetch ??= (input, init) => {
      const { tools, minter } = this.#keeping;
      const { dpop } = minter;
      const send: SendWithToken | undefined = dpop && (async (...parts) => (await dpop.requests()).callApi(...parts));
      return authorizedFetch(this, { fetch: tools.fetch, send }, input, init);
    };
    return this.#fetch;
  }

  /**
   * Tells that an API answered 401 (or `invalid_token`, RFC 6750 §3.1) to the token named by `fingerprint`; never call it for 403. Resolves with the
   * token to use now: another one, or the same when a new one would not help or may not be minted yet. `signal` ends the wait; what it told stands.
   * @throws {TokenError} when nothing usable is held. @throws the signal's reason when it is aborted. @throws {TypeError} where it is no fingerprint, such as the
   * token itself: taken for that of another token, it would change nothing.
   */
  async reject(fingerprint: string, options: WaitOptions = {}): Promise<AccessToken> {
    if (!/^[0-9a-f]{16}$/.test(fingerprint))
      throw new TypeError('`reject` takes the `fingerprint` of the token, 16 hex digits, and not the token.');
    const keeping = this.#keeping;
    if (keeping.held?.token.fingerprint !== fingerprint) return this.get(options);
    if (!keeping.isMinting && !this.#mayForce(keeping.held.forcedAt, fingerprint)) return this.get(options);
    keeping.suspect();
    return keeping.waiters.stay(async () => {
      // Where it fails, the held token is still the best there is: the API's own 401 tells the caller more than a failed mint.
      await keeping.waiters.wait(keeping.mint(true), keeping.tools.policy.waitMs, options.signal).catch(() => undefined);
      return this.#getSlowly(options);
    });
  }

  /**
   * Mints a successor before its time, because a person wants one; the held token is served meanwhile. Within the limits of a rejection: once in 30 s
   * (`policy.forcedMintFloorMs`), and not while the issuer is left alone after a failure or a mint. Resolves when it is there, or at once with the time for
   * which it may not be: it is left to the person to ask again. `signal` ends the wait, not the mint.
   * @throws {TokenError} the mint failed; what is held stays. @throws the signal's reason when it is aborted.
   */
  mintNow(options: WaitOptions = {}): Promise<MintNowOutcome> {
    return this.#keeping.waiters.stay(() => this.#mintNow(options));
  }

  async #mintNow({ signal }: WaitOptions): Promise<MintNowOutcome> {
    const keeping = this.#keeping;
    const { clock, policy } = keeping.tools;
    const loading = keeping.load();
    if (loading !== undefined) await keeping.waiters.wait(loading, policy.waitMs, signal);
    signal?.throwIfAborted();
    if (keeping.isClosed) throw closed(keeping);
    if (!keeping.isMinting) {
      const decision = decideForcedMint(clock.monotonic(), undefined, this.#forced, policy);
      const waitMs = Math.max(keeping.pauseMs, decision.mayMint ? 0 : decision.refusedForMs);
      if (waitMs > 0) return { mayMint: false, waitMs };
      this.#forced = decision.history;
    }
    const outcome = await keeping.waiters.wait(keeping.mint(true), policy.waitMs, signal);
    if (outcome === timeIsUp) throw outOfPatience(keeping, policy.waitMs);
    return { mayMint: true };
  }

  /**
   * Ends keeping it: the keeper forgets it, what is on its way comes to nothing, and reads reject with `closed`. The store still has the token. Keeping
   * the same request again makes a new kept token. One of `keepToken` ends with its keeper and its store. Safe to call twice.
   */
  close(): Promise<void> {
    return this.#keeping.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Where it stands. */
  status(): KeptTokenStatus {
    const { facts, state, isSuspect, held, isClosed, lastMint, isMinting, mints, minter, tools, untilMintMs, waiters } = this.#keeping;
    const { lastFailure, quotas } = minter;
    return {
      request: facts,
      state,
      isSuspect,
      ...(held === undefined ? {} : { token: describeToken(held) }),
      nextMintAt: isClosed ? undefined : tools.clock.now() + untilMintMs,
      ...(lastMint === undefined ? {} : { lastMint }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
      ...(quotas.length === 0 ? {} : { quota: quotas }),
      isMinting,
      mints,
      waiters: waiters.count,
    };
  }

  async #getSlowly({ signal, minTtlSeconds = 0 }: GetOptions): Promise<AccessToken> {
    if (Number.isNaN(minTtlSeconds)) throw new TypeError('`minTtlSeconds` must be a number, and is NaN.');
    signal?.throwIfAborted();
    const keeping = this.#keeping;
    const { policy } = keeping.tools;
    const { urgentWaitMs } = policy;
    const cameAt = keeping.clock.monotonic();
    keeping.markRead();
    if (keeping.isClosed) throw closed(keeping);
    const loading = keeping.load();
    if (loading !== undefined) await keeping.waiters.wait(loading, policy.waitMs, signal);
    const waitMs = policy.waitMs - (keeping.clock.monotonic() - cameAt);
    if (keeping.isClosed) throw closed(keeping);
    const { held, state } = keeping;
    if (held === undefined || state === 'expired') return this.#getWithin(waitMs, minTtlSeconds * 1000, signal);
    const neededMs = mostToAsk(minTtlSeconds * 1000, held.token.lifetimeMs);
    if (held.remainingMs() < neededMs) return this.#getWithin(waitMs, neededMs, signal);
    // A token that ends within the short wait is none to fall back on.
    const isLasting = held.remainingMs() - held.marks.safetyMs > urgentWaitMs;
    if (state === 'urgent') return this.#getWithin(isLasting ? urgentWaitMs : waitMs, 0, signal);
    if (state === 'due' || keeping.isSuspect) keeping.wake();
    return held.token;
  }

  /** Waits for the shared mint; a usable token that is held already is the answer when the mint comes to nothing. */
  async #getWithin(ms: number, neededMs: number, signal: AbortSignal | undefined): Promise<AccessToken> {
    const keeping = this.#keeping;
    let failure: unknown;
    try {
      const until = keeping.clock.monotonic() + ms;
      let outcome = await keeping.waiters.wait(keeping.mint(false, neededMs), ms, signal);
      // What was under way may have brought another process's token, which does not live as long as this caller needs.
      if (outcome !== timeIsUp && keeping.pauseMs === 0 && !keeping.isClosed && keeping.held?.lives(neededMs) !== true) {
        outcome = await keeping.waiters.wait(keeping.mint(false, neededMs), until - keeping.clock.monotonic(), signal);
      }
      if (outcome === timeIsUp) failure = outOfPatience(keeping, ms);
    } catch (error) {
      signal?.throwIfAborted();
      failure = error;
    }
    if (keeping.isClosed) throw closed(keeping);
    const { held } = keeping;
    if (held === undefined || !isUsable(held.state())) throw failure ?? outOfPatience(keeping, ms);
    if (!held.lives(neededMs)) throw tooShort(this.name, neededMs, failure, keeping.pauseMs);
    return held.token;
  }

  /** Whether a rejection may force a mint now; tells what became of it. */
  #mayForce(heldForcedAt: number | undefined, fingerprint: string): boolean {
    const { tools, pauseMs: keepingPauseMs, name } = this.#keeping;
    const { clock, policy, events } = tools;
    const decision = decideForcedMint(clock.monotonic(), heldForcedAt, this.#forced, policy);
    const pauseMs = decision.mayMint ? keepingPauseMs : decision.refusedForMs;
    const isMinting = decision.mayMint && pauseMs === 0;
    // A mint that has to wait for other reasons is not the one forced mint of its time.
    if (isMinting || !decision.mayMint) this.#forced = decision.history;
    events.emit('rejected', { name, fingerprint, isMinting, refusedForMs: pauseMs });
    if (!decision.mayMint && decision.isHopeless) events.emit('rejectedAfterMint', { name, fingerprint, refusedForMs: pauseMs });
    return isMinting;
  }
}
