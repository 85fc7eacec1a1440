import { TokenError, type TokenErrorCode, type TokenErrorDetails } from '../errors.ts';
import { retryAfterOf } from '../policy/retry-after.ts';
import { isSecretSourceError } from '../secrets/secret-source-error.ts';
import type { TokenRequestFacts } from '../status.ts';

/** Error codes of an issuer that mean: as it stands, this request will never succeed. */
const permanentCodes: ReadonlySet<string> = new Set<TokenErrorCode>([
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'invalid_target',
  'invalid_grant',
  'unsupported_grant_type',
  'invalid_request',
  'access_denied',
]);
const transientCodes: ReadonlySet<string> = new Set<TokenErrorCode>(['too_many_requests', 'server_error', 'temporarily_unavailable']);

/** What stands around a failure: the request that failed, and the secret that must not show. */
export interface FailureContext {
  readonly request: TokenRequestFacts;
  /** What authenticated the client, where it is a text that could come back; else empty. */
  readonly secret: string;
  readonly now: number;
}

/** The failure that an answer other than 200 stands for (RFC 6749 §5.2, and what issuers really send). */
export function failureOfAnswer(response: Response, body: string, context: FailureContext): TokenError {
  const { status } = response;
  const oauth = oauthErrorIn(body, context.secret);
  const details = detailsOf(context, { status, ...oauth });
  const retryAfterMs = retryAfterOf(response.headers, context.now);
  if (status >= 300 && status < 400) {
    return new TokenError(
      'redirect_refused',
      `${where(context)} answered with a redirect (${status}). A secret is not sent on to another address; name the final token endpoint.`,
      {
        retryable: false,
        details,
      },
    );
  }
  const code = codeOf(status, oauth.oauthError);
  const said =
    oauth.oauthError === undefined
      ? `HTTP ${status}`
      : `${status} ${oauth.oauthError}${oauth.oauthErrorDescription ? `: ${oauth.oauthErrorDescription}` : ''}`;
  return new TokenError(code, `${where(context)} refused client ${JSON.stringify(context.request.clientId)}: ${said}`, {
    retryable: isTransient(status, code),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details,
  });
}

/** The failure of a 200 that is no token. The answer itself is not kept: it may hold one. */
export function failureOfContent(
  what: string,
  context: FailureContext,
  code: 'invalid_response' | 'invalid_lifetime' = 'invalid_response',
): TokenError {
  return new TokenError(code, `${where(context)} answered 200 with ${what}.`, {
    retryable: true,
    details: detailsOf(context, { status: 200 }),
  });
}

/** The failure of a request that got no whole answer. */
export function failureOfConnection(error: unknown, isTimeout: boolean, context: FailureContext): TokenError {
  if (isTimeout) {
    return new TokenError('timeout', `${where(context)} gave no whole answer in time.`, {
      retryable: true,
      details: detailsOf(context, {}),
    });
  }
  const systemCode = systemCodeOf(error);
  const details = detailsOf(context, systemCode === undefined ? {} : { systemCode });
  if (
    systemCode !== undefined &&
    /^(CERT_|ERR_TLS_CERT|ERR_SSL|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA)/.test(systemCode)
  ) {
    return new TokenError(
      'tls_error',
      `The certificate of ${where(context).replace('The', 'the')} is not trusted (${systemCode}). If a private CA signed it, name that CA in NODE_EXTRA_CA_CERTS.`,
      { retryable: false, details },
    );
  }
  return new TokenError('network_error', `${where(context)} cannot be reached${systemCode === undefined ? '' : ` (${systemCode})`}.`, {
    retryable: true,
    details,
  });
}

/** The failure of a secret's source. An error of our own sources says why; any other is left out: it may quote what it read. */
export function failureOfSecret(
  request: TokenRequestFacts,
  error: unknown,
  what: 'client secret' | 'private key' = 'client secret',
): TokenError {
  const why = isSecretSourceError(error) ? `: ${error.message}` : ' from its source';
  return new TokenError('secret_unavailable', `The ${what} of ${JSON.stringify(request.clientId)} could not be read${why}.`, {
    retryable: true,
    details: detailsOf({ request }, {}),
  });
}

/** The failure of a private key, or of the signer that keeps it. */
export function failureOfKey(request: TokenRequestFacts): TokenError {
  const message = `The private key of ${JSON.stringify(request.clientId)} cannot sign: check that it is the kind of key that \`privateKey.alg\` names.`;
  return new TokenError('key_unusable', message, { retryable: false, details: detailsOf({ request }, {}) });
}

function codeOf(status: number, oauthError: string | undefined): TokenErrorCode {
  if (oauthError !== undefined && (permanentCodes.has(oauthError) || transientCodes.has(oauthError))) return oauthError as TokenErrorCode;
  if (status === 429) return 'too_many_requests';
  if (status === 401) return 'invalid_client';
  if (status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'unexpected_status';
}

function isTransient(status: number, code: TokenErrorCode): boolean {
  if (status === 408 || status === 425 || status === 429) return true;
  // Old Auth0 tables answer an unsupported grant with 501; the code says more than the status.
  return !permanentCodes.has(code) && (status >= 500 || transientCodes.has(code));
}

function oauthErrorIn(body: string, secret: string): { oauthError?: string; oauthErrorDescription?: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { error, error_description: description } = parsed as { error?: unknown; error_description?: unknown };
  return {
    ...(typeof error === 'string' ? { oauthError: printable(error, secret, 80) } : {}),
    ...(typeof description === 'string' ? { oauthErrorDescription: printable(description, secret, 300) } : {}),
  };
}

/** An issuer may echo anything: no control character reaches a terminal or a log, and no secret comes back. */
function printable(text: string, secret: string, longest: number): string {
  const blotted = secret === '' ? text : text.replaceAll(secret, '[secret]');
  return blotted.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ').slice(0, longest);
}

function systemCodeOf(error: unknown): string | undefined {
  for (let cause = error, depth = 0; typeof cause === 'object' && cause !== null && depth < 5; depth += 1) {
    const { code, cause: next, errors } = cause as { code?: unknown; cause?: unknown; errors?: readonly unknown[] };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
    cause = next ?? errors?.[0];
  }
  return undefined;
}

function detailsOf(context: { request: TokenRequestFacts }, more: TokenErrorDetails): TokenErrorDetails {
  const { issuer, tokenEndpoint, clientId, audience } = context.request;
  return {
    issuer,
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
    clientId,
    ...(audience === undefined ? {} : { audience }),
    ...more,
  };
}

function where(context: FailureContext): string {
  const { issuer, tokenEndpoint } = context.request;
  return tokenEndpoint === undefined ? `The issuer ${issuer}` : `The token endpoint ${tokenEndpoint}`;
}
