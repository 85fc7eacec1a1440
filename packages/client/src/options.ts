import type { Clock, Random } from './clock.ts';
import type { KeepingPolicy } from './policy/keeping-policy.ts';
import type { TokenStore } from './store/token-store.ts';

/** A client secret, or where to read it anew before each mint, so that a rotated one is found. */
export type SecretSource = string | (() => string | Promise<string>);

/**
 * How the client proves who it is: with a secret in the body or the header (RFC 6749 §2.3.1), with an assertion that it signs (RFC 7523 §2.2), or with the
 * certificate of the connection (RFC 8705 §2; `fetch` must carry it).
 */
export type ClientAuthenticationMethod = 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt' | 'tls_client_auth';

/** Algorithms of a client assertion (RFC 7518 §3.1). */
export type AssertionAlgorithm = 'RS256' | 'PS256' | 'ES256';

/** A private key as PKCS#8 PEM, as JWK (RFC 7517), as CryptoKey, or as KeyObject of `node:crypto`. */
export type PrivateKeyMaterial = string | Readonly<Record<string, unknown>> | SigningKey | ExportableKey;

/** A CryptoKey of Web Crypto. */
export type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** What a KeyObject of `node:crypto` has. */
export interface ExportableKey {
  export(options: { format: 'jwk' }): unknown;
}

/** The key of `private_key_jwt`, or a signer that keeps it to itself (a KMS or HSM). */
export type PrivateKey =
  | {
      /** The key, or where to read it anew before each mint. */
      readonly key: PrivateKeyMaterial | (() => PrivateKeyMaterial | Promise<PrivateKeyMaterial>);
      /** Default: the key's own, else RS256. */
      readonly alg?: AssertionAlgorithm;
      /** Which registered key it is; default: the JWK's, else left out. */
      readonly kid?: string;
    }
  | {
      /** Signs the bytes as `alg` does; for ES256 the signature is r ‖ s (RFC 7518 §3.4). */
      readonly sign: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
      readonly alg: AssertionAlgorithm;
      readonly kid?: string;
    };

/** A key pair that tokens are bound to; the public key extractable. */
export interface DpopKeyPair {
  readonly privateKey: SigningKey;
  readonly publicKey: SigningKey;
}

/**
 * Everything that identifies a token, and what proves that the client may have it. Name the issuer by exactly one of `domain`, `issuer` and
 * `tokenEndpoint`.
 */
export interface TokenRequest {
  /**
   * Auth0 shorthand, a host with an optional port such as `acme.eu.auth0.com`: the token endpoint is `https://<domain>/oauth/token` and
   * the audience, unless given, the Management API `https://<domain>/api/v2/`.
   */
  readonly domain?: string;
  /**
   * URL of an issuer whose metadata names the token endpoint (RFC 8414, else OpenID Connect Discovery); https, or http to a loopback address. The metadata is read
   * anew for a mint when it is an hour old; while it cannot be, what was read serves until it is a day old.
   */
  readonly issuer?: string;
  /**
   * URL of the token endpoint (RFC 6749 §3.2); https, or http to a loopback address. It is also what a signed assertion is addressed to (RFC 7523 §3); with
   * `domain` or `issuer` that is the issuer, which Auth0 wants.
   */
  readonly tokenEndpoint?: string;
  readonly clientId: string;
  /** One secret, or up to three to be tried in order: while a rotation is under way either may be the valid one. */
  readonly clientSecret?: SecretSource | readonly SecretSource[];
  readonly privateKey?: PrivateKey;
  /** Default `private_key_jwt` with a `privateKey`, else `client_secret_post`, as Auth0 does. */
  readonly clientAuthentication?: ClientAuthenticationMethod;
  /**
   * Bind the token to a key (RFC 9449): `true` for one made by the keeper, or a key pair, by whose public `CryptoKey` it is known: another one is another
   * token. `kept.fetch` then proves the key with each request. Such a token is in no store: it is of no use without the key.
   */
  readonly dpop?: true | DpopKeyPair;
  /** Identifier of the API the token is for (Auth0's `audience`). */
  readonly audience?: string;
  /** API the token is for, as a URL (RFC 8707 §2). */
  readonly resource?: string;
  /** Scopes asked for, as an array or space separated (RFC 6749 §3.3). Default: all that the client is granted. */
  readonly scope?: string | readonly string[];
  /** Auth0 organization the token is for. */
  readonly organization?: string;
  /** Further parameters of the token request. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** `fetch` as this package calls it. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** How one caller waits. */
export interface WaitOptions {
  /** Ends this caller's wait, not the mint. */
  readonly signal?: AbortSignal;
}

/** What one caller may ask of `get`. */
export interface GetOptions extends WaitOptions {
  /** Least remaining life the caller needs, seconds; more than half the lifetime counts as half. Default: none but the safety margin. */
  readonly minTtlSeconds?: number;
}

/** What a {@link TokenKeeper} is made of; all of it optional. */
export interface TokenKeeperOptions {
  /** Where tokens survive the keeper, which closes it, and are shared with other processes if it is a `SharedTokenStore`. Default: nowhere. */
  readonly store?: TokenStore;
  /**
   * Beside a shared `store`: where this process's own copies survive it. After a restart one is taken up at once, also while the shared store is away, which is
   * then asked soon whether it has a better one. Default: nowhere.
   */
  readonly localStore?: TokenStore;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
  /** Carries the token requests, and those of `kept.fetch`. Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /**
   * `timer` (default) mints ahead of expiry with no caller at all. `on-access` sets no timer and mints when a caller finds the token due: for runtimes that are
   * frozen between calls.
   */
  readonly schedule?: 'timer' | 'on-access';
  /** Numbers of the schedule, the waits and the back-off. Default: {@link defaultPolicy}. */
  readonly policy?: Partial<KeepingPolicy>;
}

/** How a token is kept. */
export interface KeepOptions {
  /** Name in events and messages. Default: the audience, else the resource, else the issuer. */
  readonly name?: string;
  /**
   * Default true: kept warm until the keeper is closed. False: dropped when nobody read it (`peek` is no read) for a day (and twice its lifetime), or when
   * there are more than `policy.maxUndeclared`, it was not read for longest, and nobody waits for it.
   */
  readonly isDeclared?: boolean;
  /**
   * Keeps the token apart from that of the same request in any other partition, such as for callers who each have a secret of the same client, and are to get
   * what their own secret gives. A text that is not empty and no secret itself: a store knows the token by it. Default: none.
   */
  readonly partition?: string;
}
