import type { CheckedTokenRequest } from '../mint/token-request.ts';
import type { StoredToken, TokenStore } from '../store/token-store.ts';
import { sha256Hex } from './held-token.ts';
import type { KeepingTools, Named } from './minter.ts';

/** Remaining life above the lifetime by more than this: the wall clock was wrong when it was written, or is now. */
const CLOCK_TOLERANCE_MS = 60_000;

/** One token's place in the store. A store that fails is reported and otherwise done without. */
export class PersistedToken {
  readonly #request: CheckedTokenRequest;
  readonly #named: Named;
  readonly #store: TokenStore;
  readonly #tools: Pick<KeepingTools, 'clock' | 'events'>;
  /** Ends when the last save has. */
  #saving: Promise<void> = Promise.resolve();

  constructor(request: CheckedTokenRequest, named: Named, store: TokenStore, tools: Pick<KeepingTools, 'clock' | 'events'>) {
    this.#request = request;
    this.#named = named;
    this.#store = store;
    this.#tools = tools;
  }

  /** The stored token, if its times can be believed. */
  async load(): Promise<StoredToken | undefined> {
    try {
      const stored = await this.#store.load(await this.#key());
      if (stored === undefined) return undefined;
      const remainingMs = stored.expiresAt - this.#tools.clock.now();
      return remainingMs > 0 && remainingMs <= stored.lifetimeMs + CLOCK_TOLERANCE_MS ? stored : undefined;
    } catch (error) {
      this.#report('load', error);
      return undefined;
    }
  }

  /** Saves, one save after the other; ends when it is saved or reported as failed. */
  save(token: StoredToken): Promise<void> {
    this.#saving = this.#saving
      .then(async () => this.#store.save(await this.#key(), token))
      .catch((error: unknown) => this.#report('save', error));
    return this.#saving;
  }

  /** Ends when the last save has. */
  settled(): Promise<void> {
    return this.#saving;
  }

  #key(): Promise<string> {
    return sha256Hex(this.#request.canonical);
  }

  #report(operation: 'load' | 'save', error: unknown): void {
    const message = error instanceof Error ? error.message : 'unknown';
    this.#tools.events.emit('storeDegraded', { name: this.#named.name, operation, message });
  }
}
