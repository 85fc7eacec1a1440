import * as oauth from 'oauth4webapi';
import { TokenError } from '../errors.ts';
import type { Fetch } from '../options.ts';
import { retryAfterOf } from '../policy/retry-after.ts';
import { BodyTooLongError, readBoundedText } from './bounded-body.ts';
import { failureOfConnection, isMovedForGood, isTransientStatus } from './failure.ts';
import { isConfidential } from './issuer-address.ts';

/** How metadata are read. */
export interface DiscoveryTools {
  readonly fetch: Fetch;
  /** Wall clock, epoch ms. */
  readonly now: () => number;
  /** The client has a certificate for its connections: it is to use the endpoint for these, where there is one (RFC 8705 §5). */
  readonly isMutualTls: boolean;
  readonly signal: AbortSignal;
}

/**
 * The token endpoint that the issuer's metadata names: RFC 8414 §3 first, then OpenID Connect Discovery §4; many issuers serve only one of the two.
 * @throws {TokenError} `discovery_failed`; `tls_error`, `network_error` and `timeout` where there was no answer.
 */
export async function discoverTokenEndpoint(issuer: string, tools: DiscoveryTools): Promise<string> {
  let failure: TokenError | undefined;
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    try {
      return await readAs(algorithm, issuer, tools);
    } catch (error) {
      // Who cannot be reached at one address cannot be at the other …
      if (!(error instanceof TokenError)) throw failureOfConnection(error, tools.signal.aborted, { request: { issuer } });
      // … and who asks to be left alone is asked at neither.
      if (error.retryAfterMs !== undefined) throw error;
      // Most issuers have one of the two addresses alone: what comes of the other says more. It may be in trouble: then it is worth another try.
      if (failure === undefined || isMissing(failure) || (!failure.retryable && !isMissing(error))) failure = error;
    }
  }
  throw failure ?? failed(issuer, 'cannot be read', { retryable: true });
}

async function readAs(algorithm: 'oauth2' | 'oidc', issuer: string, { fetch, now, isMutualTls, signal }: DiscoveryTools): Promise<string> {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, {
    algorithm,
    signal,
    [oauth.customFetch]: (href, { method, headers, redirect }) => fetch(href, { method, headers, redirect, signal }),
    [oauth.allowInsecureRequests]: url.protocol === 'http:' && isConfidential(url),
  });
  const { status } = response;
  if (status !== 200) {
    await response.body?.cancel().catch(() => undefined);
    const retryAfterMs = isTransientStatus(status) ? retryAfterOf(response.headers, now()) : undefined;
    throw failed(issuer, `is answered with ${status}`, { retryable: !isMovedForGood(status), status, retryAfterMs });
  }
  const body = await readBoundedText(response).catch((error: unknown) => {
    throw error instanceof BodyTooLongError ? failed(issuer, 'is far longer than metadata', { retryable: true, status }) : error;
  });
  if (!isJson(body)) throw failed(issuer, 'is no JSON: something else answers in its place', { retryable: true, status });
  const headers = { 'content-type': response.headers.get('content-type') ?? '' };
  let endpoint: string | undefined;
  try {
    const metadata = await oauth.processDiscoveryResponse(url, new Response(body, { headers }));
    endpoint = (isMutualTls ? metadata.mtls_endpoint_aliases?.token_endpoint : undefined) ?? metadata.token_endpoint;
  } catch {
    throw failed(issuer, 'is no JSON metadata, or that of another issuer (`issuer` must be equal, RFC 8414 §3.3)', { retryable: false });
  }
  if (endpoint === undefined || !URL.canParse(endpoint)) throw failed(issuer, 'names no `token_endpoint`', { retryable: false });
  if (!isConfidential(new URL(endpoint))) throw failed(issuer, 'names a `token_endpoint` that is not https', { retryable: false });
  return endpoint;
}

function isMissing({ details }: TokenError): boolean {
  return details.status === 404;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function failed(
  issuer: string,
  what: string,
  { retryable, status, retryAfterMs }: { retryable: boolean; status?: number; retryAfterMs?: number | undefined },
): TokenError {
  return new TokenError('discovery_failed', `The metadata of issuer ${issuer} ${what}.`, {
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: { issuer, ...(status === undefined ? {} : { status }) },
  });
}
