/** What is known of a token without the token itself. Safe to log and to show. */
export interface TokenFacts {
  /** `token_type` of the answer, such as `Bearer`. */
  readonly tokenType: string;
  /** Granted scope, space separated; undefined where the issuer named none. */
  readonly scope: string | undefined;
  /** First 16 hex digits of the SHA-256 of the token: its public name. */
  readonly fingerprint: string;
  /** When it was asked for, epoch ms. */
  readonly askedAt: number;
  /** When it ends, epoch ms. */
  readonly expiresAt: number;
  /** How long it lives in all, ms. */
  readonly lifetimeMs: number;
}

/** What a token is made of. */
export interface TokenParts extends Omit<TokenFacts, 'fingerprint' | 'scope'> {
  readonly accessToken: string;
  readonly scope?: string | undefined;
}

/** What tells how long a token lives yet. */
export interface TokenClock {
  /** Milliseconds to its end; below 0 when that has passed. */
  remainingMs(): number;
  /** How long before its end it is no longer handed out, ms. */
  readonly safetyMs: number;
}

/**
 * An access token as a caller gets it. The token stands behind a getter on a private field, so that `JSON.stringify`,
 * `util.inspect`, spread and loggers show what is known of it and never the token.
 */
export class AccessToken implements TokenFacts {
  readonly tokenType: string;
  readonly scope: string | undefined;
  readonly fingerprint: string;
  readonly askedAt: number;
  readonly expiresAt: number;
  readonly lifetimeMs: number;
  readonly #accessToken: string;
  readonly #clock: TokenClock;

  constructor(parts: TokenParts, fingerprint: string, clock: TokenClock) {
    this.tokenType = parts.tokenType;
    this.scope = parts.scope;
    this.fingerprint = fingerprint;
    this.askedAt = parts.askedAt;
    this.expiresAt = parts.expiresAt;
    this.lifetimeMs = parts.lifetimeMs;
    this.#accessToken = parts.accessToken;
    this.#clock = clock;
  }

  /** The token (RFC 6749 §1.4): opaque, for the API named by the audience alone. */
  get accessToken(): string {
    return this.#accessToken;
  }

  /** Value of the `Authorization` header that carries it (RFC 6750 §2.1). */
  get authorization(): string {
    return `${this.tokenType} ${this.#accessToken}`;
  }

  /** Milliseconds it lives from now, by the more cautious of wall and monotonic clock; never below 0. */
  get remainingMs(): number {
    return Math.max(0, this.#clock.remainingMs());
  }

  /** Whole seconds that a caller may rely on from now: what remains less the safety margin, at least 1. */
  get expiresInSeconds(): number {
    return Math.max(1, Math.floor((this.#clock.remainingMs() - this.#clock.safetyMs) / 1000));
  }
}
