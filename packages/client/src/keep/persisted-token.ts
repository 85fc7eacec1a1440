import { isBelievable, type StoredToken, type TokenStore } from '../store/token-store.ts';
import type { KeepingTools, Named } from './minter.ts';
import type { Unsaved, UnsavedTokens } from './unsaved-tokens.ts';
import { timeIsUp } from './waiting-room.ts';

/** How long the store is waited for when a token is looked up: who needs one then still has time for a mint. */
const LOAD_MS = 2_000;

type Tools = Pick<KeepingTools, 'clock' | 'events' | 'waitingRoom'>;

/** One token's place in the store. A store that fails is reported and otherwise done without; what it did not take it is offered again. */
export class PersistedToken implements Unsaved {
  readonly #key: Promise<string>;
  readonly #named: Named;
  readonly #store: TokenStore;
  readonly #tools: Tools;
  readonly #unsavedTokens: UnsavedTokens;
  /** What the store did not take. */
  #unsaved: StoredToken | undefined;
  #isClosed = false;
  /** Ends when the last save has. */
  #saving: Promise<void> = Promise.resolve();

  /** `key` is that of the token in all stores. */
  constructor(key: Promise<string>, named: Named, store: TokenStore, unsavedTokens: UnsavedTokens, tools: Tools) {
    this.#key = key;
    this.#named = named;
    this.#store = store;
    this.#unsavedTokens = unsavedTokens;
    this.#tools = tools;
  }

  /** The stored token, if its times can be believed. */
  async load(): Promise<StoredToken | undefined> {
    try {
      const stored = await this.#store.load(await this.#key);
      return stored !== undefined && isBelievable(stored, this.#tools.clock.now()) ? stored : undefined;
    } catch (error) {
      this.#report('load', error);
      return undefined;
    }
  }

  /** The stored token, unless the store takes too long; `stop` ends the wait. */
  async loadInTime(stop: AbortSignal): Promise<StoredToken | undefined> {
    const stored = await this.#tools.waitingRoom.wait(this.load(), LOAD_MS, stop).catch(() => undefined);
    if (stored !== timeIsUp) return stored;
    this.#tell('load', `The store did not answer within ${LOAD_MS} ms.`);
    return undefined;
  }

  /** Saves, one save after the other; ends when it is saved or reported as failed. */
  save(token: StoredToken): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save(token)).catch((error: unknown) => this.#report('save', error));
    return this.#saving;
  }

  async saveAgain(): Promise<boolean> {
    // That it still fails was told when it did first.
    this.#saving = this.#saving.then(() => this.#saveUnsaved()).catch(() => undefined);
    await this.#saving;
    return this.#unsaved === undefined;
  }

  /** Ends when the last save has; what the store did not take it is offered once more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#saving;
    if (this.#unsaved !== undefined) await this.saveAgain();
    this.#unsavedTokens.abandon(this);
  }

  async #saveUnsaved(): Promise<void> {
    const token = this.#unsaved;
    if (token === undefined) return;
    if (isBelievable(token, this.#tools.clock.now())) return this.#save(token);
    this.#unsaved = undefined;
    this.#unsavedTokens.abandon(this);
  }

  async #save(token: StoredToken): Promise<void> {
    try {
      await this.#store.save(await this.#key, token);
    } catch (error) {
      this.#unsaved = token;
      if (!this.#isClosed) this.#unsavedTokens.add(this);
      throw error;
    }
    this.#unsaved = undefined;
    this.#unsavedTokens.saved(this);
  }

  #report(operation: 'load' | 'save', error: unknown): void {
    this.#tell(operation, error instanceof Error ? error.message : 'unknown');
  }

  #tell(operation: 'load' | 'save', message: string): void {
    this.#tools.events.emit('storeDegraded', { name: this.#named.name, operation, message });
  }
}
