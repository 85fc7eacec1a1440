import { systemClock, type Timer } from '../clock.ts';
import { EventHub, type TokenKeeperEvent, type TokenKeeperEvents } from '../events.ts';
import { IssuerDirectory } from '../mint/issuer-directory.ts';
import { checkTokenRequest } from '../mint/token-request.ts';
import type { Fetch, KeepOptions, TokenKeeperOptions, TokenRequest } from '../options.ts';
import { checkPolicy } from '../policy/keeping-policy.ts';
import { isShared } from '../store/shared-token-store.ts';
import { checkKeeperOptions, checkKeepOptions } from './check-options.ts';
import { IssuerGates } from './issuer-gates.ts';
import type { KeeperSide } from './keeper-side.ts';
import { Keeping } from './keeping.ts';
import { KeptToken } from './kept-token.ts';
import type { KeepingTools } from './minter.ts';
import { StoreLink } from './store-link.ts';
import { CLOSE_MS } from './token-copies.ts';
import { UnsavedTokens } from './unsaved-tokens.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A keeper that ends with the one token that it keeps. */
let keepAlone: typeof keepToken;

/** So many turns of promises an answer takes at most from where it is made to who asked for it. */
const TURNS_TO_ANSWER = 4;

/** Clocks that moved apart by more than this since the last look: the machine slept, or the wall clock was set. */
const CLOCKS_APART_MS = 5_000;

/**
 * Keeps any number of tokens fresh with one timer. Does nothing until `keep` is called, and keeps no process alive but for a request that is on its way: to a
 * store, or to the issuer, for `policy.mintTimeoutMs` at most.
 *
 * ```ts
 * const keeper = new TokenKeeper();
 * const management = keeper.keep({ domain: 'acme.eu.auth0.com', clientId, clientSecret });
 * const clients = await management.fetch('https://acme.eu.auth0.com/api/v2/clients');
 * ```
 */
export class TokenKeeper {
  readonly #tools: KeepingTools;
  readonly #side: KeeperSide<Keeping>;
  readonly #keepings = new Map<string, { keeping: Keeping; kept: KeptToken }>();
  /** The undeclared ones; the one that was not read for longest comes first. */
  readonly #undeclared = new Set<Keeping>();
  /** Those of them that callers wait for, which are not dropped. */
  readonly #awaited = new Set<Keeping>();
  readonly #wakeAt = new Map<Keeping, number>();
  #endsWithToken = false;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #clockGap: number;
  #closing: Promise<void> | undefined;

  static {
    keepAlone = (request, options) => {
      const keeper = new TokenKeeper(options);
      keeper.#endsWithToken = true;
      return keeper.keep(request);
    };
  }

  /** @throws {TypeError} that names the option which is wrong. */
  constructor(options: TokenKeeperOptions = {}) {
    checkKeeperOptions(options);
    const { clock = systemClock, fetch = globalFetch, random = Math.random, schedule = 'timer' } = options;
    const policy = checkPolicy(options.policy);
    const gates = new IssuerGates(clock, policy);
    this.#tools = {
      clock,
      random,
      fetch,
      policy,
      events: new EventHub(),
      directory: new IssuerDirectory(clock, fetch),
      callers: new WaitingRoom(clock, { keepsAlive: true }),
      waitingRoom: new WaitingRoom(clock),
      gateOf: (issuer) => gates.of(issuer),
    };
    const { store, localStore } = options;
    const isTimed = schedule === 'timer';
    this.#side = {
      tools: this.#tools,
      stores: {
        store,
        localStore,
        link: store !== undefined && isShared(store) ? new StoreLink(store, this.#tools, isTimed) : undefined,
        unsaved: new UnsavedTokens(this.#tools, isTimed),
      },
      isTimed,
      wakeIn: (keeping, ms) => this.#wakeIn(keeping, ms),
      onIdle: (keeping) => this.#drop(keeping, 'idle'),
      onRead: (keeping) => this.#readLast(keeping),
      onAwaited: (keeping, isAwaited) => this.#await(keeping, isAwaited),
      onLeave: (keeping) => this.#leave(keeping),
    };
    this.#clockGap = clock.now() - clock.monotonic();
  }

  /**
   * Keeps the token of `request` fresh from now on, with no traffic at all. The same request (what proves the client apart, the `dpop` key and the
   * partition not) gives the same kept token, which uses the secret or private key given last, and has the name given last. Where that one is another, what
   * the former was refused for is forgotten, five times in a row and from then on once in `policy.permanentRetryMs`. Texts and JWKs are compared by what they hold, sources of `@evertoken/client/secrets` by what they read; where
   * a function does not tell that, it is used from then on, and a failure stands until its pause is over.
   * @throws {TypeError} that names the option which is wrong.
   */
  keep(request: TokenRequest, options: KeepOptions = {}): KeptToken {
    if (this.#closing !== undefined) throw new TypeError('The keeper is closed; make a new one.');
    checkKeepOptions(options);
    const { name, isDeclared = true, partition } = options;
    const checked = checkTokenRequest(request, partition);
    const known = this.#keepings.get(checked.canonical);
    if (known !== undefined) {
      known.keeping.renew(checked, options);
      if (known.keeping.isDeclared) this.#except(known.keeping);
      return known.kept;
    }
    if (!isDeclared) this.#dropBeyond(this.#tools.policy.maxUndeclared - 1);
    const { audience, resource, issuer } = checked.facts;
    const keeping = new Keeping(checked, name ?? audience ?? resource ?? issuer, isDeclared, this.#side);
    const kept = new KeptToken(keeping);
    this.#keepings.set(checked.canonical, { keeping, kept });
    if (!isDeclared) this.#undeclared.add(keeping);
    keeping.tick();
    return kept;
  }

  /** All kept tokens, in the order they came. */
  get kept(): readonly KeptToken[] {
    return [...this.#keepings.values()].map(({ kept }) => kept);
  }

  /** Whether the shared store failed when it was asked last: each process then mints for itself. False where nothing is shared. */
  get isSharedStoreDown(): boolean {
    return this.#side.stores.link?.isDown === true;
  }

  /** Whether the store where tokens survive this process (`store`; beside a shared one `localStore`) has not taken one yet, which a restart would lose. */
  get hasUnsavedTokens(): boolean {
    return this.#side.stores.unsaved.count > 0;
  }

  /** Listens to `event`; the answer ends that. */
  on<E extends TokenKeeperEvent>(event: E, listener: (detail: TokenKeeperEvents[E]) => void): () => void {
    return this.#tools.events.on(event, listener);
  }

  /**
   * Ends the timer, waits for what is under way, and closes the stores: they are this keeper's own, also where what they open is shared by many. Kept tokens
   * then reject with `closed`. Called again, it ends as the first call does.
   * @throws what a store says that cannot be closed, once all else is.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all([...this.#keepings.values()].map(({ keeping }) => keeping.close()));
    const { link, store, localStore } = this.#side.stores;
    link?.close();
    // Also where one of them throws at once, the other is closed.
    const close = async (one: typeof store) => one && this.#tools.callers.wait(one.close(), CLOSE_MS);
    const closings = await Promise.allSettled([store, localStore].map(close));
    const failed = closings.find((closing) => closing.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #leave(keeping: Keeping): Promise<void> {
    if (this.#endsWithToken) return this.close();
    this.#forget(keeping);
    return keeping.close();
  }

  #readLast(keeping: Keeping): void {
    if (this.#undeclared.delete(keeping)) this.#undeclared.add(keeping);
  }

  #forget(keeping: Keeping): void {
    // A second kept token of the same request is not the one that left.
    if (this.#keepings.get(keeping.canonical)?.keeping === keeping) this.#keepings.delete(keeping.canonical);
    this.#except(keeping);
    this.#wakeAt.delete(keeping);
  }

  /** It is not, or no longer, one that may be dropped. */
  #except(keeping: Keeping): void {
    this.#undeclared.delete(keeping);
    this.#awaited.delete(keeping);
  }

  #await(keeping: Keeping, isAwaited: boolean): void {
    if (!this.#undeclared.has(keeping)) return;
    if (isAwaited) return void this.#awaited.add(keeping);
    this.#awaited.delete(keeping);
    if (this.#undeclared.size > this.#tools.policy.maxUndeclared) void this.#dropSurplus();
  }

  async #dropSurplus(): Promise<void> {
    // Those who were served have their answer first, then it is told that the token is kept no longer.
    for (let turn = 0; turn < TURNS_TO_ANSWER; turn += 1) await undefined;
    if (this.#closing === undefined) this.#dropBeyond(this.#tools.policy.maxUndeclared);
  }

  #drop(keeping: Keeping, reason: 'idle' | 'crowded'): void {
    this.#forget(keeping);
    keeping.isDropped = true;
    this.#tools.events.emit('dropped', { name: keeping.name, reason });
    // What is on its way comes to nothing by itself: the token is forgotten at once.
    void keeping.close();
  }

  /** Drops undeclared tokens until there are no more than `most`, but none that callers wait for: nobody is sent away for another. */
  #dropBeyond(most: number): void {
    for (const keeping of this.#undeclared) {
      if (this.#undeclared.size <= most || this.#awaited.size === this.#undeclared.size) return;
      if (!this.#awaited.has(keeping)) this.#drop(keeping, 'crowded');
    }
  }

  #wakeIn(keeping: Keeping, ms: number): void {
    if (!this.#side.isTimed) return;
    const { clock, policy } = this.#tools;
    // In whole milliseconds, and never none: a wait of a fraction would end before its moment has come, and come again at once.
    const at = clock.monotonic() + Math.max(1, Math.ceil(ms));
    this.#wakeAt.set(keeping, at);
    this.#setTimer(Math.min(at, clock.monotonic() + policy.maxSleepMs));
  }

  #setTimer(at: number): void {
    if (at >= this.#timerAt) return;
    const { clock } = this.#tools;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = clock.setTimer(() => this.#wakeAll(), Math.max(0, at - clock.monotonic()));
  }

  #wakeAll(): void {
    const { clock, policy } = this.#tools;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const gap = clock.now() - clock.monotonic();
    const isApart = Math.abs(gap - this.#clockGap) > CLOCKS_APART_MS;
    this.#clockGap = gap;
    const now = clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [keeping, at] of this.#wakeAt) {
      if (isApart) keeping.rejudge();
      else if (at <= now) {
        this.#wakeAt.delete(keeping);
        keeping.wake();
      } else next = Math.min(next, at);
    }
    if (next < Number.POSITIVE_INFINITY) this.#setTimer(Math.min(next, now + policy.maxSleepMs));
  }
}

/**
 * Keeps one token, with a keeper of its own: `await keepToken(request).get()` is all a script needs.
 * Closing is left to the end of the process, which it does not delay but by a request on its way; `kept.close()` ends it earlier, with its keeper and its store.
 */
export function keepToken(request: TokenRequest, options?: TokenKeeperOptions): KeptToken {
  return keepAlone(request, options);
}

// Looked up at each call: the global may be replaced (instrumentation, a proxy agent) after the keeper was made.
const globalFetch: Fetch = (input, init) => fetch(input, init);
