import * as oauth from 'oauth4webapi';
import { TokenError } from '../errors.ts';
import type { Fetch } from '../options.ts';
import { BodyTooLongError, readBoundedText } from './bounded-body.ts';
import { failureOfConnection } from './failure.ts';
import { isConfidential } from './issuer-address.ts';

/**
 * The token endpoint that the issuer's metadata names: RFC 8414 §3 first, then OpenID Connect Discovery §4; many issuers serve only one of the two.
 * @throws {TokenError} `discovery_failed`; `tls_error`, `network_error` and `timeout` where there was no answer.
 */
export async function discoverTokenEndpoint(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  let failure: TokenError | undefined;
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    try {
      return await readAs(algorithm, issuer, fetch, signal);
    } catch (error) {
      // Who cannot be reached at one address cannot be at the other.
      if (!(error instanceof TokenError)) throw failureOfConnection(error, signal.aborted, { request: { issuer } });
      // One address may be missing for good, and the other be in trouble: then it is worth another try.
      if (failure?.retryable !== true) failure = error;
    }
  }
  throw failure ?? failed(issuer, 'cannot be read', true);
}

async function readAs(algorithm: 'oauth2' | 'oidc', issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
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
    throw failed(issuer, `is answered with ${status}`, status === 429 || status >= 500, status);
  }
  const body = await readBoundedText(response).catch((error: unknown) => {
    throw error instanceof BodyTooLongError ? failed(issuer, 'is far longer than metadata', true, status) : error;
  });
  const headers = { 'content-type': response.headers.get('content-type') ?? '' };
  let endpoint: string | undefined;
  try {
    endpoint = (await oauth.processDiscoveryResponse(url, new Response(body, { headers }))).token_endpoint;
  } catch {
    throw failed(issuer, 'is no JSON metadata, or that of another issuer (`issuer` must be equal, RFC 8414 §3.3)', false);
  }
  if (endpoint === undefined || !URL.canParse(endpoint)) throw failed(issuer, 'names no `token_endpoint`', false);
  if (!isConfidential(new URL(endpoint))) throw failed(issuer, 'names a `token_endpoint` that is not https', false);
  return endpoint;
}

function failed(issuer: string, what: string, retryable: boolean, status?: number): TokenError {
  const details = { issuer, ...(status === undefined ? {} : { status }) };
  return new TokenError('discovery_failed', `The metadata of issuer ${issuer} ${what}.`, { retryable, details });
}
