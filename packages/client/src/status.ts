import type { TokenErrorCode, TokenErrorDetails } from './errors.ts';

/**
 * Where a kept token stands.
 *
 * - `empty`: none held; a caller waits for the shared mint.
 * - `fresh`: held and not due; a caller gets it at once.
 * - `due`: held, its successor is being minted in the background; a caller gets it at once.
 * - `urgent`: held, close to its end; a caller waits a little for the successor, then gets it.
 * - `expired`: held, but its end is nearer than the safety margin; never handed out.
 */
export type TokenState = 'empty' | 'fresh' | 'due' | 'urgent' | 'expired';

/** What is asked for, without any secret. */
export interface TokenRequestFacts {
  /** Identifier of the issuer; the origin of the token endpoint where only that is known. */
  readonly issuer: string;
  /** Undefined until the issuer's metadata has named it. */
  readonly tokenEndpoint: string | undefined;
  readonly clientId: string;
  readonly audience: string | undefined;
  readonly resource: string | undefined;
  readonly scope: string | undefined;
  readonly organization: string | undefined;
}

/** One bucket of the issuer's quota. */
export interface QuotaReading {
  /** Whose: the client's or the organization's. */
  readonly owner: 'client' | 'organization';
  /** Such as `per_hour`. */
  readonly bucket: string;
  readonly quota: number;
  readonly remaining: number;
  /** Epoch ms at which it is full again. */
  readonly resetsAt: number;
}

/** What `kept.status()` tells. Holds no token and no secret. */
export interface KeptTokenStatus {
  readonly request: TokenRequestFacts;
  readonly state: TokenState;
  /** An API answered 401 to it and no successor is there yet. */
  readonly isSuspect: boolean;
  /** The held token; undefined while `empty`. */
  readonly token?: {
    readonly fingerprint: string;
    readonly tokenType: string;
    readonly scope: string | undefined;
    /** Epoch ms. */
    readonly askedAt: number;
    /** Epoch ms. */
    readonly expiresAt: number;
    /** Epoch ms at which its successor is minted. */
    readonly dueAt: number;
    /** Epoch ms from which a caller rather waits a little for the successor. */
    readonly urgentAt: number;
    /** Epoch ms from which it is no longer handed out. */
    readonly usableUntil: number;
    readonly lifetimeSeconds: number;
    readonly remainingSeconds: number;
    /** Seconds for which callers are served if the issuer never answers again. */
    readonly runwaySeconds: number;
  };
  /** Epoch ms of the next planned request to the issuer. */
  readonly nextMintAt: number | undefined;
  /** How the held token came: minted by this process, or taken from the store; `by` is the process that minted it, where the store is shared. */
  readonly lastMint?: { readonly at: number; readonly durationMs: number; readonly from: 'issuer' | 'store'; readonly by?: string };
  /** Failures since the last success. */
  readonly lastFailure?: {
    readonly at: number;
    readonly code: TokenErrorCode;
    readonly message: string;
    readonly retryable: boolean;
    readonly details: TokenErrorDetails;
    readonly count: number;
    readonly nextAttemptAt: number;
  };
  /** What the issuer's quota headers said last (Auth0: `Auth0-Client-Quota-Limit`, `Auth0-Organization-Quota-Limit`). */
  readonly quota?: readonly QuotaReading[];
  /** A request to the issuer is on its way. */
  readonly isMinting: boolean;
  /** Successful mints of this process since it began to keep the token. */
  readonly mints: number;
  /** Callers that wait for a mint right now. */
  readonly waiters: number;
}
