import * as oauth from 'oauth4webapi';
import type { Clock } from '../clock.ts';
import { TokenError } from '../errors.ts';
import type { Fetch } from '../options.ts';
import { readBoundedText } from './bounded-body.ts';
import { isConfidential } from './issuer-address.ts';

/** How long metadata is used before it is asked for again. */
const FRESH_MS = 24 * 3_600_000;

/** Reads which token endpoint an issuer's metadata names, and remembers it for a day; an older answer is used while none can be had. */
export class IssuerDirectory {
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #known = new Map<string, { tokenEndpoint: string; staleAt: number }>();

  constructor(clock: Clock, fetch: Fetch) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** The endpoint if it has been read before. */
  knownTokenEndpoint(issuer: string): string | undefined {
    return this.#known.get(issuer)?.tokenEndpoint;
  }

  /** @throws {TokenError} `discovery_failed` */
  async tokenEndpointOf(issuer: string, signal: AbortSignal): Promise<string> {
    const known = this.#known.get(issuer);
    const now = this.#clock.monotonic();
    if (known !== undefined && now < known.staleAt) return known.tokenEndpoint;
    try {
      const tokenEndpoint = await this.#read(issuer, signal);
      this.#known.set(issuer, { tokenEndpoint, staleAt: now + FRESH_MS });
      return tokenEndpoint;
    } catch (error) {
      if (known !== undefined) return known.tokenEndpoint;
      throw error;
    }
  }

  /** RFC 8414 §3 first, then OpenID Connect Discovery §4: many issuers serve only one of the two. */
  async #read(issuer: string, signal: AbortSignal): Promise<string> {
    let failure: TokenError | undefined;
    for (const algorithm of ['oauth2', 'oidc'] as const) {
      try {
        return await this.#readAs(algorithm, issuer, signal);
      } catch (error) {
        failure = error instanceof TokenError ? error : failed(issuer, 'cannot be reached', true);
        if (failure.retryable) break;
      }
    }
    throw failure ?? failed(issuer, 'cannot be read', true);
  }

  async #readAs(algorithm: 'oauth2' | 'oidc', issuer: string, signal: AbortSignal): Promise<string> {
    const url = new URL(issuer);
    const response = await oauth.discoveryRequest(url, {
      algorithm,
      signal,
      [oauth.customFetch]: (href, init) =>
        this.#fetch(href, { method: init.method, headers: init.headers, redirect: init.redirect, signal }),
      [oauth.allowInsecureRequests]: url.protocol === 'http:' && isConfidential(url),
    });
    const body = await readBoundedText(response);
    if (response.status !== 200)
      throw failed(issuer, `is answered with ${response.status}`, response.status === 429 || response.status >= 500);
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
}

function failed(issuer: string, what: string, retryable: boolean): TokenError {
  return new TokenError('discovery_failed', `The metadata of issuer ${issuer} ${what}.`, { retryable, details: { issuer } });
}
