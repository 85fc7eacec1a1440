import { isConfidential } from '../mint/token-request.ts';
import type { Fetch } from '../options.ts';
import type { AccessToken } from '../token.ts';

/** Longest body that is sent a second time, bytes. */
const LONGEST_REPLAY = 65_536;

/** What this needs of a kept token. */
export interface TokenGiver {
  get(options?: { signal?: AbortSignal }): Promise<AccessToken>;
  reject(fingerprint: string): Promise<AccessToken>;
}

/** Sends a request with the token, and after a 401 once more with another one (RFC 6750 §3.1), never with the same. */
export async function authorizedFetch(giver: TokenGiver, fetch: Fetch, url: string | URL, init: RequestInit = {}): Promise<Response> {
  const target = new URL(url);
  if (!isConfidential(target))
    throw new TypeError(`A token is not sent to ${target.origin}: it must be https (http only to a loopback address).`);
  const token = await giver.get(init.signal ? { signal: init.signal } : undefined);
  const response = await send(fetch, target, init, token);
  if (response.status !== 401 || !isReplayable(init.body)) return response;
  const other = await giver.reject(token.fingerprint).catch(() => token);
  if (other.fingerprint === token.fingerprint) return response;
  await response.body?.cancel();
  return send(fetch, target, init, other);
}

function send(fetch: Fetch, url: URL, init: RequestInit, token: AccessToken): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', token.authorization);
  return fetch(url.href, { ...init, headers });
}

function isReplayable(body: RequestInit['body']): boolean {
  if (body === undefined || body === null) return true;
  // A UTF-16 unit takes at most three bytes of UTF-8: what is short enough either way needs no counting.
  if (typeof body === 'string') return body.length * 3 <= LONGEST_REPLAY || new TextEncoder().encode(body).byteLength <= LONGEST_REPLAY;
  if (body instanceof URLSearchParams) return isReplayable(body.toString());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength <= LONGEST_REPLAY;
  return body instanceof Blob && body.size <= LONGEST_REPLAY;
}
