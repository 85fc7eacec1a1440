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
  readonly #remainingMs: () => number;
  readonly #safetyMs: number;

  constructor(accessToken: string, facts: TokenFacts, life: { remainingMs: () => number; safetyMs: number }) {
    this.tokenType = facts.tokenType;
    this.scope = facts.scope;
    this.fingerprint = facts.fingerprint;
    this.askedAt = facts.askedAt;
    this.expiresAt = facts.expiresAt;
    this.lifetimeMs = facts.lifetimeMs;
    this.#accessToken = accessToken;
    this.#remainingMs = life.remainingMs;
    this.#safetyMs = life.safetyMs;
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
    return Math.max(0, this.#remainingMs());
  }

  /** Whole seconds that a caller may rely on from now: what remains less the safety margin, at least 1. */
  get expiresInSeconds(): number {
    return Math.max(1, Math.floor((this.#remainingMs() - this.#safetyMs) / 1000));
  }
}
