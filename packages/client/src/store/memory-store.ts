import type { StoredToken, TokenStore } from './token-store.ts';

/** Tokens that live as long as the process. */
export class MemoryStore implements TokenStore {
  readonly #tokens = new Map<string, StoredToken>();

  load(key: string): Promise<StoredToken | undefined> {
    return Promise.resolve(this.#tokens.get(key));
  }

  save(key: string, token: StoredToken): Promise<void> {
    this.#tokens.set(key, token);
    return Promise.resolve();
  }

  remove(key: string): Promise<void> {
    this.#tokens.delete(key);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
