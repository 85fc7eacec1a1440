import type { Fetch } from '../options.ts';
import { confidentialTarget } from './confidential-target.ts';
import { isReplayable, replacementOf } from './replay.ts';
import type { GivenToken, TokenGiver } from './token-giver.ts';

/** Sends one request with a token. */
export type SendWithToken = (fetch: Fetch, url: URL, init: RequestInit, token: GivenToken) => Promise<Response>;

/** Sends a request with the token, and after a 401 once more with another one (RFC 6750 §3.1), never with the same. */
export async function authorizedFetch(
  giver: TokenGiver,
  { fetch, send = sendAsBearer }: { readonly fetch: Fetch; readonly send?: SendWithToken | undefined },
  url: string | URL,
  init: RequestInit = {},
): Promise<Response> {
  const target = confidentialTarget(url);
  const token = await giver.get(init.signal ? { signal: init.signal } : undefined);
  const response = await send(fetch, target, init, token);
  if (response.status !== 401 || !isReplayable(init.body)) return response;
  const other = await replacementOf(token, giver);
  if (other === undefined) return response;
  await response.body?.cancel();
  return send(fetch, target, init, other);
}

function sendAsBearer(fetch: Fetch, url: URL, init: RequestInit, token: GivenToken): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', token.authorization);
  return fetch(url.href, { ...init, headers });
}
