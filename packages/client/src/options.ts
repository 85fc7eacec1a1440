import type { Clock, Random } from './clock.ts';
import type { KeepingPolicy } from './policy/keeping-policy.ts';
import type { TokenStore } from './store/token-store.ts';

/** A client secret, or where to read it anew before each mint, so that a rotated one is found. */
export type SecretSource = string | (() => string | Promise<string>);

/** How the client proves who it is (RFC 6749 §2.3.1). */
export type ClientAuthenticationMethod = 'client_secret_post' | 'client_secret_basic';

/** Everything that identifies a token, and the secret to mint it with. Name the issuer by exactly one of `domain`, `tokenEndpoint`. */
export interface TokenRequest {
  /**
   * Auth0 shorthand, a host with an optional port such as `acme.eu.auth0.com`: the token endpoint is `https://<domain>/oauth/token` and
   * the audience, unless given, the Management API `https://<domain>/api/v2/`.
   */
  readonly domain?: string;
  /** URL of the token endpoint (RFC 6749 §3.2); https, or http to a loopback address. */
  readonly tokenEndpoint?: string;
  readonly clientId: string;
  readonly clientSecret: SecretSource;
  /** Default `client_secret_post`, as Auth0 does. */
  readonly clientAuthentication?: ClientAuthenticationMethod;
  /** Identifier of the API the token is for (Auth0's `audience`). */
  readonly audience?: string;
  /** Scopes asked for, as an array or space separated (RFC 6749 §3.3). Default: all that the client is granted. */
  readonly scope?: string | readonly string[];
  /** Auth0 organization the token is for. */
  readonly organization?: string;
  /** Further parameters of the token request. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** `fetch` as this package calls it. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** What one caller may ask of `get`. */
export interface GetOptions {
  /** Ends this caller's wait, not the mint. */
  readonly signal?: AbortSignal;
  /** Least remaining life the caller needs, seconds; more than half the lifetime counts as half. Default: none but the safety margin. */
  readonly minTtlSeconds?: number;
}

/** What a {@link TokenKeeper} is made of; all of it optional. */
export interface TokenKeeperOptions {
  /** Where tokens survive. Default: in memory. */
  readonly store?: TokenStore;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
  /** Carries the token requests, and those of `kept.fetch`. Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Numbers of the schedule, the waits and the back-off. Default: {@link defaultPolicy}. */
  readonly policy?: Partial<KeepingPolicy>;
}
