import { TokenError, type TokenErrorCode, type TokenErrorDetails } from '../errors.ts';
import { retryAfterOf } from '../policy/retry-after.ts';
import { isSecretSourceError } from '../secrets/secret-source-error.ts';
import type { TokenRequestFacts } from '../status.ts';
import { isCertificateCode } from './certificate-code.ts';

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

/** What is known of the request that failed; of one for metadata, the issuer alone. */
export type FailedRequest = Pick<TokenRequestFacts, 'issuer'> & Partial<TokenRequestFacts>;

/** What the program gives, of which a mint may have to wait. */
export type PartOfProgram = 'client secret' | 'private key' | 'signer';

/** What stands around a failure: the request that failed, and the secrets that must not show. */
export interface FailureContext {
  readonly request: TokenRequestFacts;
  /** What authenticated the client, in each form in which it could come back. */
  readonly secrets: readonly string[];
  readonly now: number;
}

/** The failure that an answer other than 200 stands for (RFC 6749 §5.2, and what issuers really send). */
export function failureOfAnswer(response: Response, body: string, context: FailureContext): TokenError {
  const { status } = response;
  const oauth = oauthErrorIn(body, context.secrets);
  const details = detailsOf(context, { status, ...oauth });
  const retryAfterMs = retryAfterOf(response.headers, context.now);
  const asked = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status >= 300 && status < 400) {
    const isForGood = isMovedForGood(status);
    const step = isForGood ? 'name' : 'where it is not for a while only (a page of maintenance), name';
    return new TokenError(
      'redirect_refused',
      `${where(context)} answered with a redirect (${status}). A secret is not sent on to another address; ${step} the final token endpoint.`,
      { retryable: !isForGood, ...asked, details },
    );
  }
  const code = codeOf(status, oauth.oauthError);
  if (isForeign(status, oauth.oauthError)) {
    const message = `${where(context)} answered ${status} with neither a token nor an OAuth error: its address is wrong, or something answers in its place, such as a proxy in maintenance or a login page.`;
    return new TokenError(code, message, { retryable: true, ...asked, details });
  }
  const said =
    oauth.oauthError === undefined
      ? `HTTP ${status}`
      : `${status} ${oauth.oauthError}${oauth.oauthErrorDescription ? `: ${oauth.oauthErrorDescription}` : ''}`;
  return new TokenError(code, `${where(context)} refused client ${JSON.stringify(context.request.clientId)}: ${said}`, {
    retryable: isTransient(status, code),
    ...asked,
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

/** The failure of an answer that took so long that its token had ended by then. Taken for a token, the next one would be asked for at once. */
export function failureOfLateToken({ lifetimeMs, ageMs }: { lifetimeMs: number; ageMs: number }, context: FailureContext): TokenError {
  const message = `${where(context)} took ${Math.round(ageMs)} ms to answer with a token that lives ${lifetimeMs} ms.`;
  return new TokenError('timeout', message, { retryable: true, details: detailsOf(context, { status: 200 }) });
}

/** The failure of a request that got no whole answer. */
export function failureOfConnection(error: unknown, isTimeout: boolean, context: { readonly request: FailedRequest }): TokenError {
  if (isTimeout) {
    return new TokenError('timeout', `${where(context)} gave no whole answer in time.`, {
      retryable: true,
      details: detailsOf(context, {}),
    });
  }
  const systemCode = systemCodeOf(error);
  const details = detailsOf(context, systemCode === undefined ? {} : { systemCode });
  if (systemCode !== undefined && isCertificateCode(systemCode)) {
    return new TokenError(
      'tls_error',
      `The certificate of ${where(context).replace('The', 'the')} is not trusted (${systemCode}). If a private CA signed it, name that CA in NODE_EXTRA_CA_CERTS.`,
      { retryable: false, details },
    );
  }
  const what = systemCode?.startsWith('ERR_SSL_') ? 'and this machine agree on no TLS' : 'cannot be reached';
  const hint = systemCode?.startsWith('ERR_SSL_') ? ' Check the port, and whether it is plain http that answers there.' : '';
  return new TokenError('network_error', `${where(context)} ${what}${systemCode === undefined ? '' : ` (${systemCode})`}.${hint}`, {
    retryable: true,
    details,
  });
}

/** Whether a failure is about how much one client has asked for (Auth0 counts for each), and not about the issuer: another client may have its token. */
export function isOfOneClient({ code, details }: TokenError): boolean {
  return code === 'too_many_requests' || (details.status === 429 && code !== 'discovery_failed');
}

/**
 * The failure of a request that was not sent, because the one before it failed: the probe of an issuer that is down, or one of the same client, which asked too
 * often. That one was another token's: what the issuer said of it is left out. For as long as it asks for it is left alone.
 */
export function failureOfProbe(probe: TokenError, request: TokenRequestFacts): TokenError {
  const { code, retryable, retryAfterMs, details } = probe;
  const { status, oauthError, systemCode } = details;
  const cause = status === undefined ? code : `HTTP ${status}`;
  const what = isOfOneClient(probe)
    ? `asked client ${JSON.stringify(request.clientId)} to wait (${cause}), for whichever of its tokens.`
    : `is failing (${cause}); one request at a time asks whether it answers again.`;
  return new TokenError(code, `${where({ request })} ${what}`, {
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: detailsOf(
      { request },
      {
        ...(status === undefined ? {} : { status }),
        ...(oauthError === undefined ? {} : { oauthError }),
        ...(systemCode === undefined ? {} : { systemCode }),
      },
    ),
  });
}

/**
 * The failure of what the program gave: a secret's or a key's source, or a signer. An error of our own sources says why; of any other its name and system
 * code are told, and its message is left out: it may quote what it read.
 */
export function failureOfSecret(request: TokenRequestFacts, error: unknown, what: PartOfProgram): TokenError {
  const systemCode = systemCodeOf(error);
  const source = what === 'signer' ? ' failed to sign' : ' could not be read from its source';
  const why = isSecretSourceError(error) ? ` could not be read: ${error.message}` : `${source}${nameOf(error, systemCode)}`;
  return new TokenError('secret_unavailable', `The ${what} of ${JSON.stringify(request.clientId)}${why}.`, {
    retryable: true,
    details: detailsOf({ request }, systemCode === undefined ? {} : { systemCode }),
  });
}

/** The failure of a secret's source that gave something else than a text, or an empty one. What it gave is not told. */
export function failureOfNoSecret(request: TokenRequestFacts): TokenError {
  const message = `The client secret of ${JSON.stringify(request.clientId)} is missing: its source gave no text, or an empty one.`;
  return new TokenError('secret_unavailable', message, { retryable: true, details: detailsOf({ request }, {}) });
}

/** The failure of what the program gave and had not ended when the attempt had to: the issuer was not asked, and has no part in it. */
export function failureOfSlowPart(request: TokenRequestFacts, what: PartOfProgram, withinMs: number): TokenError {
  const did = what === 'signer' ? 'did not sign' : 'did not come from its source';
  const message = `The ${what} of ${JSON.stringify(request.clientId)} ${did} within ${withinMs / 1000} s.`;
  return new TokenError('secret_unavailable', message, { retryable: true, details: detailsOf({ request }, {}) });
}

/**
 * The failure of a key that is read and cannot sign: the client's, or the one that tokens are bound to. Of `error` only the name and the system code are told:
 * the rest may quote the key.
 */
export function failureOfKey(request: TokenRequestFacts, error: unknown, what: 'private key' | 'DPoP key' = 'private key'): TokenError {
  const systemCode = systemCodeOf(error);
  const step =
    what === 'private key'
      ? 'it is the kind of key that `privateKey.alg` names'
      : '`dpop` is a key pair for ECDSA, Ed25519, or RSA signatures with 2048 bits or more';
  const message = `The ${what} of ${JSON.stringify(request.clientId)} cannot sign${nameOf(error, systemCode)}: check that ${step}.`;
  return new TokenError('key_unusable', message, {
    retryable: false,
    details: detailsOf({ request }, systemCode === undefined ? {} : { systemCode }),
  });
}

/** What an error of others is called, in brackets. A name is a word: anything else that stands there is left out. */
function nameOf(error: unknown, systemCode: string | undefined): string {
  const name = error instanceof Error && /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(error.name) ? error.name : undefined;
  const known = [name, systemCode].filter((part) => part !== undefined);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

function codeOf(status: number, oauthError: string | undefined): TokenErrorCode {
  if (oauthError !== undefined && (permanentCodes.has(oauthError) || transientCodes.has(oauthError))) return oauthError as TokenErrorCode;
  if (status === 429) return 'too_many_requests';
  if (status === 401) return 'invalid_client';
  if (status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'unexpected_status';
}

/**
 * Whether an answer is none of a token endpoint's (RFC 6749 §5), which names an error where it refuses. 400 and 401 are its own statuses: there it may well have
 * refused in words of its own.
 */
function isForeign(status: number, oauthError: string | undefined): boolean {
  return oauthError === undefined && status < 500 && status !== 400 && status !== 401 && !isTransientStatus(status);
}

/** Whether a redirect is meant to stay (RFC 9110 §15.4): by then it is the address that is wrong. */
export function isMovedForGood(status: number): boolean {
  return status === 301 || status === 308;
}

/** Whether an answer with this status may be another one later. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

function isTransient(status: number, code: TokenErrorCode): boolean {
  if (status < 500 && isTransientStatus(status)) return true;
  // Old Auth0 tables answer an unsupported grant with 501; the code says more than the status.
  return !permanentCodes.has(code) && (status >= 500 || transientCodes.has(code));
}

function oauthErrorIn(body: string, secrets: readonly string[]): { oauthError?: string; oauthErrorDescription?: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { error, error_description: description } = parsed as { error?: unknown; error_description?: unknown };
  return {
    ...(typeof error === 'string' ? { oauthError: printable(error, secrets, 80) } : {}),
    ...(typeof description === 'string' ? { oauthErrorDescription: printable(description, secrets, 300) } : {}),
  };
}

/** An issuer may echo anything: no control character reaches a terminal or a log, and no secret comes back. */
function printable(text: string, secrets: readonly string[], longest: number): string {
  let blotted = text;
  // The longer first: one form may stand within another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    if (secret !== '') blotted = blotted.replaceAll(secret, '[secret]');
  return (
    blotted
      // Part of an assertion or a proof, which an issuer may have cut.
      .replaceAll(/\beyJ[\w-]+(\.[\w-]*){0,2}/g, '[secret]')
      .replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
      .slice(0, longest)
  );
}

function systemCodeOf(error: unknown): string | undefined {
  for (let cause = error, depth = 0; typeof cause === 'object' && cause !== null && depth < 5; depth += 1) {
    const { code, cause: next, errors } = cause as { code?: unknown; cause?: unknown; errors?: readonly unknown[] };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
    cause = next ?? errors?.[0];
  }
  return undefined;
}

/** What every error tells of the request that failed. */
export function detailsOf(context: { readonly request: FailedRequest }, more: TokenErrorDetails): TokenErrorDetails {
  const { issuer, tokenEndpoint, clientId, audience } = context.request;
  return {
    issuer,
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(audience === undefined ? {} : { audience }),
    ...more,
  };
}

function where(context: { readonly request: FailedRequest }): string {
  const { issuer, tokenEndpoint } = context.request;
  return tokenEndpoint === undefined ? `The issuer ${issuer}` : `The token endpoint ${tokenEndpoint}`;
}
