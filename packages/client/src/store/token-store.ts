/** A token as a store holds it: what is needed to take it up again after a restart or on another machine. */
export interface StoredToken {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly scope?: string;
  /** When it was asked for, epoch ms of the writer's wall clock. */
  readonly askedAt: number;
  /** When it ends, epoch ms of the writer's wall clock. */
  readonly expiresAt: number;
  /** How long it lives in all, ms. */
  readonly lifetimeMs: number;
  /** Name of the process that minted it, where the store is shared. */
  readonly mintedBy?: string;
  /** It was minted because its predecessor was rejected. */
  readonly isForced?: boolean;
}

/** Remaining life above the lifetime by more than this: the wall clock was wrong when the token was stored, or is now. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Whether the times of a stored token can be believed at `now` (epoch ms): it has not ended, and lives no longer than it can. */
export function isBelievable({ expiresAt, lifetimeMs }: StoredToken, now: number): boolean {
  const remainingMs = expiresAt - now;
  return remainingMs > 0 && remainingMs <= lifetimeMs + CLOCK_TOLERANCE_MS;
}

/**
 * Where tokens survive. A key is 64 hex digits (SHA-256 of the canonical token request, no secret in it).
 * Every implementation passes `tokenStoreContract` of the testkit.
 */
export interface TokenStore {
  /** The token last saved under `key`; undefined where there is none or it cannot be read: a miss is never an error. */
  load(key: string): Promise<StoredToken | undefined>;
  /** Saves whole or not at all. May reject: the keeper reports it as an event and goes on without. */
  save(key: string, token: StoredToken): Promise<void>;
  /** Forgets `key`; nothing happens where it is unknown. */
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}
