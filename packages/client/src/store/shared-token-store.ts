import type { StoredToken, TokenStore } from './token-store.ts';

/** The right to mint one token for all processes that share a store. Ends by itself when it is not renewed. */
export interface Lease {
  /** Lives `ms` from now. False where it has ended, or another process has it by now. */
  renew(ms: number): Promise<boolean>;
  /**
   * Saves what was minted and tells the others. False, and nothing done, where the holder of a later lease has saved, or where what is stored lives longer
   * and is not the token named by `suspect`.
   */
  save(token: StoredToken, suspect?: string): Promise<boolean>;
  /** Ends it, if it is still this process's. */
  release(): Promise<void>;
}

/**
 * A store that processes share, so that one of them mints a token for all. Whatever is asked of it rejects when the store fails, within a bound of its
 * own; a record that cannot be read is none. Every implementation passes `sharedTokenStoreContract` of the testkit.
 */
export interface SharedTokenStore extends TokenStore {
  /** Name of this process in what it saves. */
  readonly writer: string;
  /** The lease of `key` for `ms`; undefined while another process has it. */
  acquire(key: string, ms: number): Promise<Lease | undefined>;
  /** Saves a token minted without a lease, unless what is stored lives longer; tells the others. */
  save(key: string, token: StoredToken): Promise<void>;
  /** Calls `onSaved` when another process has saved under `key`, or may have while this one could not hear of it; the answer ends that. */
  watch(key: string, onSaved: () => void): () => void;
}

/** Whether `store` is one that processes share. */
export function isShared(store: TokenStore): store is SharedTokenStore {
  return 'acquire' in store && 'watch' in store;
}
