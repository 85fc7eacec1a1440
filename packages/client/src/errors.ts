/**
 * Why no token could be had. Where RFC 6749 §5.2 or RFC 8707 §2 names an error, that name is the code.
 *
 * From the issuer: `invalid_request`, `invalid_client`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type`,
 * `invalid_scope`, `invalid_target`, `access_denied` (Auth0: wrong id or secret with 401, no grant or wrong audience with 403),
 * `too_many_requests`, `server_error`, `temporarily_unavailable`.
 *
 * From the way there: `network_error` (no connection, or none with TLS), `tls_error` (certificate or name not accepted), `timeout` (no whole answer
 * within the mint's deadline, or none before its token had ended), `redirect_refused`, `unexpected_status` (neither a token nor an OAuth error: a wrong address, or
 * something that answers in its place), `invalid_response` (a 200 that is no token),
 * `invalid_lifetime` (an `expires_in` that is no positive number).
 *
 * `discovery_failed` (the issuer's metadata could not be read, or is not its own).
 *
 * From this side: `secret_unavailable` (the source of the client secret or key, or the signer, failed or hangs), `key_unusable` (the private key
 * or the DPoP key cannot sign), `budget_exhausted` (`policy.maxMintsPerDay` is used up), `wait_timeout` (the shared mint did not end within
 * the caller's patience), `min_ttl_unmet` (no token with the demanded remaining life could be had), `closed` (the keeper was closed, or dropped
 * this undeclared token: keep it again).
 */
export type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'too_many_requests'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'network_error'
  | 'tls_error'
  | 'timeout'
  | 'redirect_refused'
  | 'unexpected_status'
  | 'invalid_response'
  | 'invalid_lifetime'
  | 'discovery_failed'
  | 'secret_unavailable'
  | 'key_unusable'
  | 'budget_exhausted'
  | 'wait_timeout'
  | 'min_ttl_unmet'
  | 'closed';

/** What a {@link TokenError} knows beside its code. Holds no secret, token or assertion. */
export interface TokenErrorDetails {
  /** Whom the token was asked from. */
  readonly issuer?: string;
  /** Where it was asked for; left out where the metadata that names it could not be had. */
  readonly tokenEndpoint?: string;
  /** Which client asked. */
  readonly clientId?: string;
  /** For which API. */
  readonly audience?: string;
  /** HTTP status of the issuer's answer. */
  readonly status?: number;
  /** `error` of the issuer's answer as it stood there (RFC 6749 §5.2). */
  readonly oauthError?: string;
  /** `error_description` of the issuer's answer, the client secret blotted out, at most 300 characters. */
  readonly oauthErrorDescription?: string;
  /** System error code of a failed connection, such as `ECONNREFUSED`. */
  readonly systemCode?: string;
}

// A registered symbol, so that two copies of this package in one program know each other's errors.
const brand = Symbol.for('@evertoken/client.TokenError');

/** The one error that reading a token throws. Switch on `code`; `message` is for people. */
export class TokenError extends Error {
  override readonly name: string = 'TokenError';
  readonly code: TokenErrorCode;
  /** Whether the same request may succeed later with nothing changed. */
  readonly retryable: boolean;
  /** Milliseconds until the next attempt is made or allowed, where one is planned. */
  readonly retryAfterMs: number | undefined;
  readonly details: TokenErrorDetails;

  constructor(
    code: TokenErrorCode,
    message: string,
    options: { retryable: boolean; retryAfterMs?: number; details?: TokenErrorDetails; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs === undefined ? undefined : Math.ceil(options.retryAfterMs);
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether `error` is a {@link TokenError}, also one of another copy of this package. */
export function isTokenError(error: unknown): error is TokenError {
  return typeof error === 'object' && error !== null && brand in error;
}
