import type { Fetch } from '../options.ts';
import { confidentialTarget } from './confidential-target.ts';
import { isFromTarget, replacementOf, waitOptions } from './replay.ts';
import { type RequestLike, requestParts } from './request-parts.ts';
import type { GivenToken, TokenGiver } from './token-giver.ts';

/** What came of a request with a token. */
export interface SentRequest {
  readonly response: Response;
  /** A 401 that asks for a proof with a nonce (RFC 9449 §9), and says nothing of the token. */
  readonly wantsNonce: boolean;
}

/** Sends one request with a token. */
export type SendWithToken = (fetch: Fetch, url: URL, init: RequestInit, token: GivenToken) => Promise<SentRequest>;

/** Sends a request with the token, and after a 401 once more with another one (RFC 6750 §3.1), never with the same. */
export async function authorizedFetch(
  giver: TokenGiver,
  { fetch, send = sendAsBearer }: { readonly fetch: Fetch; readonly send?: SendWithToken | undefined },
  input: string | URL | RequestLike,
  options: RequestInit = {},
): Promise<Response> {
  const isWhole = typeof input === 'object' && !(input instanceof URL);
  const target = confidentialTarget(isWhole ? input.url : input);
  const init = isWhole ? await requestParts(input, options) : options;
  const signal = init.signal ?? undefined;
  const token = await giver.get(waitOptions(signal));
  const { response, wantsNonce } = await send(fetch, target, init, token);
  if (response.status !== 401 || wantsNonce || !isFromTarget(response.url, target)) return response;
  const other = await replacementOf(token, giver, { body: init.body, signal });
  if (other === undefined) return response;
  await response.body?.cancel();
  return (await send(fetch, target, init, other)).response;
}

async function sendAsBearer(fetch: Fetch, url: URL, init: RequestInit, token: GivenToken): Promise<SentRequest> {
  const headers = new Headers(init.headers);
  headers.set('authorization', token.authorization);
  return { response: await fetch(url.href, { ...init, headers }), wantsNonce: false };
}
