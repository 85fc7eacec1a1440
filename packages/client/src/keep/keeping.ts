import type { Clock } from '../clock.ts';
import { type CheckedTokenRequest, likenessOfCredentials } from '../mint/token-request.ts';
import type { KeepOptions } from '../options.ts';
import { isAdoptable, isUsable, mintFloorOf, successionOf } from '../policy/freshness.ts';
import type { KeptTokenStatus, TokenRequestFacts, TokenState } from '../status.ts';
import type { StoredToken } from '../store/token-store.ts';
import type { AccessToken } from '../token.ts';
import { Deadline } from './deadline.ts';
import { HeldToken } from './held-token.ts';
import type { KeeperSide } from './keeper-side.ts';
import { type KeepingTools, Minter } from './minter.ts';
import { onceAwake } from './process-stopped.ts';
import type { RenewedLease } from './renewed-lease.ts';
import { TokenCopies } from './token-copies.ts';
import { closed } from './waiting-errors.ts';
import { Waiters } from './waiting-room.ts';

/**
 * The state machine behind a kept token: holds the token, decides at each look at the clock whether to mint, and lets one mint be under way at most.
 * `KeptToken` is its public face.
 */
export class Keeping {
  name: string;
  readonly clock: Clock;
  /** The held token, and as a settled promise, so that a fresh read makes nothing new. */
  token: AccessToken | undefined;
  answer: Promise<AccessToken> | undefined;
  /** Wall clock up to which the held token is fresh without another look; 0 when a look is due. */
  freshUntil = 0;
  /** An API answered 401 to the held token. */
  isSuspect = false;
  isDeclared: boolean;
  /** When it was read last, epoch ms; when its keeping began if never. */
  lastReadAt: number;
  /** Mints so far, and how the held token came. */
  mints = 0;
  lastMint: KeptTokenStatus['lastMint'];
  isClosed = false;
  /** It was undeclared, and its keeper ended it. */
  isDropped = false;
  readonly minter: Minter;
  readonly tools: KeepingTools;
  readonly canonical: string;
  readonly waiters: Waiters;
  readonly #keeper: KeeperSide<Keeping>;
  readonly #copies: TokenCopies;
  /** Ends the look into the store, or the mint, that is under way. */
  #stop: AbortController | undefined;
  #request: CheckedTokenRequest;
  #held: HeldToken | undefined;
  #flight: Promise<void> | undefined;
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  /** No mint begins before this, failures apart. */
  #floor: Deadline | undefined;
  /** Another process is left to mint until this, while the held token is good for more. */
  #aside: Deadline | undefined;
  /** The issuer has answered with no token since the held one became suspect. */
  #isUnanswered = false;
  /** Remaining life that somebody waits for, ms. */
  #neededMs = 0;

  constructor(request: CheckedTokenRequest, name: string, isDeclared: boolean, keeper: KeeperSide<Keeping>) {
    this.name = name;
    this.isDeclared = isDeclared;
    this.tools = keeper.tools;
    this.clock = keeper.tools.clock;
    this.waiters = new Waiters(keeper.tools.callers, (isAwaited) => keeper.onAwaited(this, isAwaited));
    this.canonical = request.canonical;
    this.lastReadAt = this.clock.now();
    this.minter = new Minter(request, this, keeper.tools);
    this.#request = request;
    this.#keeper = keeper;
    this.#copies = new TokenCopies(request, this, keeper.stores, keeper.tools, keeper.isTimed);
  }

  markRead(now: number = this.clock.now()): void {
    if (!this.isDeclared && now !== this.lastReadAt) this.#keeper.onRead(this);
    this.lastReadAt = now;
  }

  /** An API answered 401 to the held token: its successor is taken whatever its life. */
  suspect(): void {
    this.isSuspect = true;
    this.#isUnanswered = true;
  }

  /** A successor of a rejected token is wanted, and none came of the attempts so far. */
  get #isSuccessorOwed(): boolean {
    return this.isSuspect && this.#isUnanswered;
  }

  get held(): HeldToken | undefined {
    return this.#held;
  }

  get isMinting(): boolean {
    return this.#flight !== undefined;
  }

  get state(): TokenState {
    return this.#held === undefined ? 'empty' : this.#held.state();
  }

  get facts(): TokenRequestFacts {
    const { facts, credential } = this.#request;
    const isMutualTls = credential.method === 'tls_client_auth';
    return { ...facts, tokenEndpoint: facts.tokenEndpoint ?? this.tools.directory.knownTokenEndpoint(facts.issuer, { isMutualTls }) };
  }

  /** How long the issuer is left alone, ms: after a failure, and between two mints. */
  get pauseMs(): number {
    return Math.max(this.minter.pauseMs, this.#floor?.leftMs ?? 0, 0);
  }

  /** How long until the next mint is wanted and allowed, ms. */
  get untilMintMs(): number {
    // A rejected token is of no use, however long it lives: its successor is wanted as soon as the issuer may be asked again.
    if (this.#isSuccessorOwed) return Math.max(this.pauseMs, this.#aside?.leftMs ?? 0);
    const { untilDueMs = 0, untilUrgentMs = 0 } = this.#held ?? {};
    // A mint that can wait leaves a quota that is nearly used up to those that cannot, and the issuer to the process that asks it already.
    const leftToOthersMs = Math.max(this.minter.thriftMs, this.#aside?.leftMs ?? 0);
    return Math.max(untilDueMs, this.pauseMs, Math.min(leftToOthersMs, untilUrgentMs));
  }

  /** Somebody waits for another token, or the held one will not do for long. */
  get isPressing(): boolean {
    return this.waiters.count > 0 || this.isSuspect || this.state === 'urgent' || !isUsable(this.state);
  }

  /** Takes up what the store holds; once. */
  load(): Promise<void> | undefined {
    if (this.#isLoaded) return undefined;
    this.#loading ??= this.#adoptPersisted().finally(() => {
      this.#isLoaded = true;
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Looks at the clock where the keeper does so by itself; else a caller will. */
  tick(): void {
    if (this.#keeper.isTimed) this.wake();
  }

  /** Looks at the clock, mints if it is time, and asks to be woken again. */
  wake(): void {
    if (this.isClosed || this.#flight !== undefined) return;
    const loading = this.load();
    if (loading !== undefined) return void loading.then(() => this.tick());
    // Where the wall clock was set back, its reading alone would call the token fresh for too long.
    if (!this.#held?.untilDueMs) this.freshUntil = 0;
    const waitMs = this.untilMintMs;
    if (waitMs > 0) this.#keeper.wakeIn(this, waitMs);
    else if (this.#isIdle) this.#keeper.onIdle(this);
    else void this.mint(false).catch(() => undefined);
  }

  /** The clocks moved apart: looks anew, and not all tokens at the same moment. */
  rejudge(): void {
    const { random, policy } = this.tools;
    if (this.#held !== undefined) this.#hold(this.#held.redrawn(random(), policy));
    const waitMs = this.untilMintMs;
    this.#keeper.wakeIn(this, waitMs > 0 ? waitMs : random() * policy.rejudgeSpreadMs);
  }

  /** Kept again: takes the name, and the secret or key, that were given last. Once declared, it stays so. */
  renew(request: CheckedTokenRequest, { name = this.name, isDeclared = true }: KeepOptions): void {
    this.name = name;
    this.isDeclared ||= isDeclared;
    const likeness = likenessOfCredentials(this.#request, request);
    if (likeness === 'same') return;
    this.#request = request;
    this.minter.renew(request, likeness === 'other');
    this.tick();
  }

  /**
   * Ends with the mint under way, or a new one if the issuer may be asked now; else at once, with the failure that stands if one does. A token of another
   * process is as good, if it lives `neededMs` more.
   */
  mint(isForced: boolean, neededMs = 0): Promise<void> {
    this.#neededMs = Math.max(this.#neededMs, neededMs);
    if (this.#flight !== undefined) return this.#flight;
    if (this.pauseMs > 0) {
      const failure = this.minter.currentFailure();
      if (failure !== undefined) return Promise.reject(failure);
      if (isUsable(this.state)) return Promise.resolve();
    }
    this.#stop = new AbortController();
    this.#flight = onceAwake(this.#stop.signal, (stop, isAgain) => this.#mintInTurn(isForced, isAgain, stop)).finally(() => {
      this.#flight = undefined;
      this.#stop = undefined;
      this.#neededMs = 0;
      this.tick();
    });
    return this.#flight;
  }

  /** Ends keeping for good, the keeper's other tokens apart. */
  leave(): Promise<void> {
    return this.#keeper.onLeave(this);
  }

  /** Ends keeping; what is under way comes to nothing, a save is waited for. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.#stop?.abort();
    this.#held = undefined;
    this.token = undefined;
    this.answer = undefined;
    this.freshUntil = 0;
    await this.#loading;
    await this.#flight?.catch(() => undefined);
    await this.#copies.close();
  }

  /** Holds what a store has, if it is better than what is held; true where nothing more is wanted then. */
  async adopt(stored: StoredToken): Promise<boolean> {
    const { clock, policy, random, events } = this.tools;
    const found = await HeldToken.stored(stored, { clock, policy, r: random() });
    const held = this.#held;
    if (this.isClosed || !isUsable(found.state())) return false;
    // Where it is not the better one, it may have been taken up in the meantime.
    if (held !== undefined && !isAdoptable(held.life(), this.isSuspect, found.life()))
      return !this.isSuspect && this.state === 'fresh' && held.lives(this.#neededMs);
    this.isSuspect = false;
    this.#hold(found);
    const { mintedBy: by, dueAt, token } = found;
    this.lastMint = { at: clock.now(), durationMs: 0, from: 'store', ...(by === undefined ? {} : { by }) };
    const { fingerprint, expiresAt } = token;
    events.emit('adopted', { name: this.name, fingerprint, expiresAt, dueAt, ...(by === undefined ? {} : { by }) });
    if (this.#loading === undefined) {
      this.#copies.saveAdopted(found);
      this.tick();
    }
    return found.lives(this.#neededMs);
  }

  async #adoptPersisted(): Promise<void> {
    this.#stop = new AbortController();
    const stored = await this.#copies.load(this.#stop.signal);
    this.#stop = undefined;
    if (stored === undefined) return;
    await this.adopt(stored);
    if (!this.isClosed) this.#copies.compareSoon();
  }

  async #mintInTurn(isForced: boolean, isAgain: boolean, stop: AbortSignal): Promise<void> {
    const turn = await this.#copies.turn(stop);
    if (turn.kind === 'later') this.#aside = Deadline.in(this.clock, turn.ms);
    if (turn.kind !== 'mint') return;
    try {
      await this.#mintOnce(isForced, isAgain, stop, turn.lease);
    } finally {
      await turn.lease?.end();
    }
  }

  async #mintOnce(isForced: boolean, isAgain: boolean, stop: AbortSignal, lease: RenewedLease | undefined): Promise<void> {
    const { clock, policy, random, events } = this.tools;
    // Also where an attempt before failed, which the rejection had forced.
    const forcedAt = isForced || this.#isSuccessorOwed ? clock.monotonic() : undefined;
    const { minted, durationMs } = await this.minter.mint(() => this.#held?.usableMs ?? 0, stop, { isAgain });
    this.#isUnanswered = false;
    const fresh = await HeldToken.minted(minted, { clock, policy, r: random() }, forcedAt);
    if (this.isClosed) throw closed(this);
    const { fingerprint, lifetimeMs, expiresAt } = fresh.token;
    const held = this.#held;
    // Who forced a mint wanted another token, however long the held one lives.
    const succession = held === undefined ? { keep: 'new' as const } : successionOf(held.life(), this.isSuspect || isForced, fresh.life());
    this.mints += 1;
    this.#floor = Deadline.in(clock, 'retryInMs' in succession ? succession.retryInMs : mintFloorOf(lifetimeMs, policy));
    const isNew = succession.keep === 'new';
    await this.#copies.saveMinted(isNew ? fresh : (held ?? fresh), isNew, lease, this.isSuspect ? held?.token.fingerprint : undefined);
    if (isNew) {
      if (this.isClosed) throw closed(this);
      if (held?.token.fingerprint !== fingerprint) this.isSuspect = false;
      this.#hold(fresh);
      this.lastMint = { at: clock.now(), durationMs, from: 'issuer' };
    }
    events.emit('minted', { name: this.name, fingerprint, durationMs, lifetimeMs, expiresAt, dueAt: fresh.dueAt });
  }

  #hold(held: HeldToken): void {
    this.#held = held;
    this.#aside = undefined;
    this.token = held.token;
    this.answer = Promise.resolve(held.token);
    const freshForMs = held.untilDueMs;
    // With no timer to notice a wall clock that was set back, each read looks at both clocks.
    this.freshUntil = this.#keeper.isTimed && freshForMs > 0 ? this.clock.now() + freshForMs : 0;
  }

  get #isIdle(): boolean {
    if (this.isDeclared) return false;
    const { clock, policy } = this.tools;
    return clock.now() - this.lastReadAt >= Math.max(policy.undeclaredIdleMs, 2 * (this.#held?.token.lifetimeMs ?? 0));
  }
}
