import type { TokenErrorCode, TokenErrorDetails } from './errors.ts';
import type { QuotaReading } from './status.ts';

/** What was asked of a store. */
export type StoreOperation = 'load' | 'save' | 'lease';

/** What a keeper reports; durations in ms, tokens by fingerprint, never by value. */
export interface TokenKeeperEvents {
  /** The issuer answered with a token. */
  minted: { name: string; fingerprint: string; durationMs: number; lifetimeMs: number; expiresAt: number; dueAt: number };
  /** A stored token was taken up instead of minting one; `by` is the process that minted it, where the store is shared. */
  adopted: { name: string; fingerprint: string; expiresAt: number; dueAt: number; by?: string };
  /** An attempt to mint failed. */
  failed: {
    name: string;
    code: TokenErrorCode;
    message: string;
    retryable: boolean;
    details: TokenErrorDetails;
    count: number;
    retryInMs: number;
    durationMs: number;
  };
  /** Of several secrets, another one than before was taken by the issuer; both are places in the list, from 0. */
  secretRotated: { name: string; from: number; to: number };
  /** The issuer's quota is nearly used up: tokens are minted only when they cannot wait. */
  quotaLow: { name: string } & QuotaReading;
  /** Four fifths of `policy.maxMintsPerDay` are used up. */
  budgetLow: { name: string; spent: number; perDay: number };
  /** An undeclared token is kept no longer: nobody read it, or there are too many. */
  dropped: { name: string; reason: 'idle' | 'crowded' };
  /** An API answered 401; `isMinting` tells whether a successor is asked for. */
  rejected: { name: string; fingerprint: string; isMinting: boolean; refusedForMs: number };
  /** A new token was rejected too, so a newer one will not help: audience, issuer, clock or the API's own state is the cause. */
  rejectedAfterMint: { name: string; fingerprint: string; refusedForMs: number };
  /** The issuer named no lifetime; the default one is assumed. */
  lifetimeAssumed: { name: string; lifetimeMs: number };
  /**
   * The store failed; the keeper goes on without it. A shared store is then left alone for a while, and this is told once. What a store did not take it is
   * offered again. `isShared` where it is the store that processes share, and not one of this process alone.
   */
  storeDegraded: { name: string; operation: StoreOperation; message: string; isShared?: true };
  /** A shared store answers again, or any store has taken all that it did not take at first, after so long. */
  storeRecovered: { downMs: number; isShared?: true };
}

export type TokenKeeperEvent = keyof TokenKeeperEvents;

/** Calls listeners in the order they came. A listener that throws is taken for a mistake of the program and surfaces unhandled. */
export class EventHub {
  readonly #listeners = new Map<TokenKeeperEvent, Set<(detail: never) => void>>();

  /** Listens to `event`; the answer ends that. */
  on<E extends TokenKeeperEvent>(event: E, listener: (detail: TokenKeeperEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    // One of its own for each call: who listens twice with the same function ends each by itself.
    const own = (detail: TokenKeeperEvents[E]): void => listener(detail);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  emit<E extends TokenKeeperEvent>(event: E, detail: TokenKeeperEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as (detail: TokenKeeperEvents[E]) => void)(detail);
      } catch (error) {
        // A listener must not break keeping; its error still has to be seen.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
