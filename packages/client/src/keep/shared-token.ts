import type { Timer } from '../clock.ts';
import { isAdoptable, isUsable, marksOf } from '../policy/freshness.ts';
import type { TokenState } from '../status.ts';
import type { Lease } from '../store/shared-token-store.ts';
import { isBelievable, type StoredToken } from '../store/token-store.ts';
import { HeldToken } from './held-token.ts';
import type { KeepingTools } from './minter.ts';
import { RenewedLease } from './renewed-lease.ts';
import { type StoreLink, storeFailed } from './store-link.ts';

/** A lease outlives the deadline of a mint by this … */
const LEASE_MARGIN_MS = 5_000;
/** … but that of a short token ends after this share of its life, and is renewed as often as it takes: there must be time to take over from a holder that died … */
const LEASE_SHARE = 0.25;
/** … though not before this. */
const SHORTEST_LEASE_MS = 4_000;
/** One lease of a process that died may end, and another be taken, while others wait: longer than a lease by this. */
const PATIENCE_MARGIN_MS = 1_000;
/** Pauses between looks while another process mints. Its announcement comes sooner; hundreds of processes that looked more often would keep it from minting … */
const LOOKS_MS = [50, 100, 200, 400, 800] as const;
/** … and from then on. */
const LAST_LOOK_MS = 1_000;
/** Who can wait looks again after this share of a lease, to twice as much, for the case that it is not told. */
const LOOK_AGAIN_SHARE = 1 / 3;
/** What another process has saved is read within this time: not by all at once. */
const HEARD_WITHIN_MS = 1_000;

/** What is known of the token that is kept, and done with what the store has. */
export interface Sharer {
  readonly name: string;
  readonly held: HeldToken | undefined;
  readonly state: TokenState;
  /** A request to the issuer, or a wait for another process's, is under way. */
  readonly isMinting: boolean;
  /** Somebody waits for another token, or the held one will not do for long. */
  readonly isPressing: boolean;
  /** Holds `stored` if it is better than what is held; true where nothing more is wanted then. */
  adopt(stored: StoredToken): Promise<boolean>;
}

/** Whether this process asks the issuer now. */
export type Turn =
  /** A better token was in the store and is held now. */
  | { readonly kind: 'adopted' }
  /** Another process asks, or the store is down and there is time: the next look is so long from now. */
  | { readonly kind: 'later'; readonly ms: number }
  /** It does; without a lease where the store or another process fails. */
  | { readonly kind: 'mint'; readonly lease: RenewedLease | undefined };

/** One token's place in a store that processes share: one of them mints it, and the others take it up. */
export class SharedToken {
  readonly #sharer: Sharer;
  readonly #link: StoreLink;
  readonly #tools: KeepingTools;
  readonly #key: Promise<string>;
  readonly #isTimed: boolean;
  readonly #endings: (() => void)[] = [];
  #isClosed = false;
  /** The store was down when the token was due, and time was given to other processes. */
  #hasStoodBack = false;
  /** Ends the pause between two looks. */
  #lookNow: (() => void) | undefined;
  #heard: Timer | undefined;

  /** `key` is that of the token in all stores. */
  constructor(key: Promise<string>, sharer: Sharer, link: StoreLink, tools: KeepingTools, isTimed: boolean) {
    this.#sharer = sharer;
    this.#link = link;
    this.#tools = tools;
    this.#key = key;
    this.#isTimed = isTimed;
    this.#endings.push(link.onceBack(() => void this.#catchUp()));
    if (isTimed) void this.#listen();
  }

  /** Waits for this process's turn to ask the issuer, or for the token that another one gets. Rejects with the reason of `stop`. */
  async turn(stop: AbortSignal): Promise<Turn> {
    const { clock, policy, random } = this.#tools;
    const longestMs = policy.mintTimeoutMs + LEASE_MARGIN_MS;
    const lifetimeMs = this.#sharer.held?.token.lifetimeMs ?? Number.POSITIVE_INFINITY;
    // In whole milliseconds: a store takes no others.
    const leaseMs = Math.ceil(Math.min(longestMs, Math.max(SHORTEST_LEASE_MS, LEASE_SHARE * lifetimeMs)));
    const lookAgainMs = LOOK_AGAIN_SHARE * leaseMs;
    const giveUpAt = clock.monotonic() + longestMs + PATIENCE_MARGIN_MS;
    for (let look = 0; ; look += 1) {
      const taken = await this.#adoptStored();
      stop.throwIfAborted();
      if (taken === storeFailed) return this.#withoutStore();
      if (taken) return { kind: 'adopted' };
      const lease = await this.#acquire(leaseMs);
      if (lease === storeFailed) return this.#withoutStore();
      if (lease !== undefined) return await this.#turnWith(lease, stop);
      stop.throwIfAborted();
      if (!this.#sharer.isPressing) return { kind: 'later', ms: lookAgainMs * (1 + random()) };
      if (clock.monotonic() >= giveUpAt) {
        return isUsable(this.#sharer.state) ? { kind: 'later', ms: lookAgainMs } : { kind: 'mint', lease: undefined };
      }
      await this.#pause((LOOKS_MS[look] ?? LAST_LOOK_MS) * (0.5 + random()), stop);
    }
  }

  /** Saves what was minted; `suspect` names the token that it is to replace whatever that one's life. Ends within `policy.storeWaitMs`. */
  async save(held: HeldToken, lease: RenewedLease | undefined, suspect: string | undefined): Promise<void> {
    const token = held.toShared(this.#link.store.writer);
    const key = await this.#key;
    await this.#link.ask<unknown>(this.#sharer.name, 'save', () =>
      lease === undefined ? this.#link.store.save(key, token) : lease.save(token, suspect),
    );
  }

  /** Soon, and not with all processes at once, takes up what the store has, or gives it what is held. */
  compareSoon(): void {
    if (this.#isTimed) this.#soon(() => this.#catchUp());
  }

  close(): void {
    this.#isClosed = true;
    this.#heard?.cancel();
    for (const end of this.#endings) end();
  }

  async #turnWith(lease: RenewedLease, stop: AbortSignal): Promise<Turn> {
    this.#hasStoodBack = false;
    // Another process may have saved between the look and the lease.
    const taken = await this.#adoptStored();
    if (taken !== true && !stop.aborted) return { kind: 'mint', lease };
    await lease.end();
    stop.throwIfAborted();
    return { kind: 'adopted' };
  }

  /** The store is no help. Where there is time, it is used to spread the requests of all processes, which are due at nearly the same moment. */
  #withoutStore(): Turn {
    const { held, isPressing } = this.#sharer;
    if (held === undefined || isPressing || this.#hasStoodBack) {
      this.#hasStoodBack = false;
      return { kind: 'mint', lease: undefined };
    }
    this.#hasStoodBack = true;
    const { policy, random } = this.#tools;
    return { kind: 'later', ms: 0.5 * marksOf(held.token.lifetimeMs, 0, policy).dueMs * random() };
  }

  async #adoptStored(): Promise<boolean | typeof storeFailed> {
    const key = await this.#key;
    const stored = await this.#link.ask(this.#sharer.name, 'load', () => this.#link.store.load(key));
    if (stored === undefined || stored === storeFailed) return stored ?? false;
    return isBelievable(stored, this.#tools.clock.now()) && (await this.#sharer.adopt(stored));
  }

  async #acquire(leaseMs: number): Promise<RenewedLease | typeof storeFailed | undefined> {
    const key = await this.#key;
    const tries: Promise<Lease | undefined>[] = [];
    const lease = await this.#link.ask(this.#sharer.name, 'lease', () => {
      tries.push(this.#link.store.acquire(key, leaseMs));
      return firstGiven(tries);
    });
    // An answer that comes too late would keep all others waiting.
    for (const acquiring of tries) void acquiring.then((late) => (late === lease ? undefined : late?.release())).catch(() => undefined);
    return lease === undefined || lease === storeFailed ? lease : new RenewedLease(lease, leaseMs, this.#tools);
  }

  /** The store is back: it gets what it missed, or gives it. */
  async #catchUp(): Promise<void> {
    const { held } = this.#sharer;
    const key = await this.#key;
    const stored = await this.#link.ask(this.#sharer.name, 'load', () => this.#link.store.load(key));
    if (stored === storeFailed || this.#isClosed) return;
    const { clock, policy } = this.#tools;
    if (stored !== undefined && isBelievable(stored, clock.now())) await this.#sharer.adopt(stored);
    // Taken up, or replaced meanwhile by one that was saved.
    if (held === undefined || this.#sharer.held !== held || !isUsable(held.state())) return;
    const found = stored && (await HeldToken.stored(stored, { clock, policy, r: 0 }));
    // It is offered what the others would take up in place of what it has: not each token that ends a moment later than the one before.
    if (found === undefined || isAdoptable(found.life(), false, held.life())) await this.save(held, undefined, undefined);
  }

  async #listen(): Promise<void> {
    const key = await this.#key;
    if (!this.#isClosed) this.#endings.push(this.#link.store.watch(key, () => this.#onSaved()));
  }

  #onSaved(): void {
    this.#lookNow?.();
    if (!this.#sharer.isMinting) this.#soon(() => this.#adoptStored());
  }

  #soon(act: () => Promise<unknown>): void {
    if (this.#isClosed || this.#heard !== undefined) return;
    const { clock, random } = this.#tools;
    this.#heard = clock.setTimer(() => {
      this.#heard = undefined;
      void act();
    }, random() * HEARD_WITHIN_MS);
  }

  #pause(ms: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        this.#lookNow = undefined;
        stop.removeEventListener('abort', end);
        if (stop.aborted) reject(stop.reason);
        else resolve();
      };
      const timer = this.#tools.clock.setTimer(end, ms);
      this.#lookNow = end;
      stop.addEventListener('abort', end);
    });
  }
}

/**
 * The lease that one of `tries` is given, else the answer to the last. Who asks again while the answer to the one before is on its way may be told that somebody
 * has the lease: he himself.
 */
function firstGiven(tries: readonly Promise<Lease | undefined>[]): Promise<Lease | undefined> {
  return new Promise((resolve, reject) => {
    for (const acquiring of tries) acquiring.then((lease) => lease && resolve(lease)).catch(() => undefined);
    // What a failure of the last one leaves open, one before may yet answer.
    tries.at(-1)?.then(resolve, (error: unknown) => void Promise.allSettled(tries).then(() => reject(error)));
  });
}
