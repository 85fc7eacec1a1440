import type { CheckedTokenRequest } from '../mint/token-request.ts';
import type { StoredToken, TokenStore } from '../store/token-store.ts';
import type { HeldToken } from './held-token.ts';
import type { KeepingTools } from './minter.ts';
import { PersistedToken } from './persisted-token.ts';
import type { RenewedLease } from './renewed-lease.ts';
import { sha256Hex } from './sha256.ts';
import { SharedToken, type Sharer, type Turn } from './shared-token.ts';
import type { StoreLink } from './store-link.ts';
import type { UnsavedTokens } from './unsaved-tokens.ts';

/** The stores of a keeper. */
export interface Stores {
  /** Where tokens survive the keeper, if anywhere … */
  readonly store: TokenStore | undefined;
  /** … and the way to it where other processes share it. */
  readonly link: StoreLink | undefined;
  /** Where copies of what is shared survive this process, if anywhere. */
  readonly localStore: TokenStore | undefined;
  /** What the store where tokens survive did not take. */
  readonly unsaved: UnsavedTokens;
}

/** How long closing waits for a store that may hang: first for its last saves, then for its own closing. */
export const CLOSE_MS = 2_500;

/** The copies of one token: in the store that processes share, where they do, and where it survives this process. */
export class TokenCopies {
  readonly #tools: KeepingTools;
  readonly #writer: string | undefined;
  readonly #own: PersistedToken | undefined;
  readonly #shared: SharedToken | undefined;

  constructor(request: CheckedTokenRequest, sharer: Sharer, stores: Stores, tools: KeepingTools, isTimed: boolean) {
    this.#tools = tools;
    const { store, link, localStore } = stores;
    // A token that is bound to a key is of no use to whoever has not the key: no store has it.
    if (store === undefined || request.dpop !== undefined) return;
    this.#writer = link?.store.writer;
    const key = sha256Hex(request.canonical);
    const own = link === undefined ? store : localStore;
    if (own !== undefined) this.#own = new PersistedToken(key, sharer, own, stores.unsaved, tools);
    if (link !== undefined) this.#shared = new SharedToken(key, sharer, link, tools, isTimed);
  }

  /** What survived an earlier process; undefined where nothing did, or the store takes too long. */
  async load(stop: AbortSignal): Promise<StoredToken | undefined> {
    return this.#own?.loadInTime(stop);
  }

  /** While this process was away, others may have replaced what it takes up: the shared store is asked soon. */
  compareSoon(): void {
    this.#shared?.compareSoon();
  }

  /** Waits until this process may ask the issuer, or need not; at once where nobody shares. Rejects with the reason of `stop`. */
  async turn(stop: AbortSignal): Promise<Turn> {
    return (await this.#shared?.turn(stop)) ?? { kind: 'mint', lease: undefined };
  }

  /**
   * Saves the better one of what was held and what was minted before anybody has it: a process that is killed right after the hand-out costs no mint. The
   * shared store gets it also where it `isNew` to nobody here: others may not have it. `suspect` names the token that it replaces whatever that one's life.
   */
  async saveMinted(best: HeldToken, isNew: boolean, lease: RenewedLease | undefined, suspect: string | undefined): Promise<void> {
    await this.#shared?.save(best, lease, suspect);
    if (!isNew || this.#own === undefined) return;
    await this.#tools.waitingRoom.wait(this.#own.save(this.#storedForm(best)), this.#tools.policy.storeWaitMs);
  }

  /** Keeps an own copy of what another process minted. */
  saveAdopted(found: HeldToken): void {
    if (this.#shared !== undefined) void this.#own?.save(this.#storedForm(found));
  }

  /** Shares nothing any more; ends when the last save has, or takes too long. */
  async close(): Promise<void> {
    this.#shared?.close();
    if (this.#own !== undefined) await this.#tools.callers.wait(this.#own.close(), CLOSE_MS);
  }

  #storedForm(held: HeldToken): StoredToken {
    return this.#writer === undefined ? held.toStored() : held.toShared(this.#writer);
  }
}
