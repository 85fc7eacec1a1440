import type { GivenToken, TokenGiver } from './token-giver.ts';

/** Longest body that is sent a second time, bytes. */
const LONGEST_REPLAY = 65_536;

/** Whether `body` can be sent a second time: none, or at most 64 KiB of text or bytes; never a stream. */
export function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null) return true;
  // A UTF-16 unit takes at most three bytes of UTF-8: what is short enough either way needs no counting.
  if (typeof body === 'string') return body.length * 3 <= LONGEST_REPLAY || new TextEncoder().encode(body).byteLength <= LONGEST_REPLAY;
  if (body instanceof URLSearchParams) return isReplayable(body.toString());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength <= LONGEST_REPLAY;
  return body instanceof Blob && body.size <= LONGEST_REPLAY;
}

/** The token to send a request with once more after a 401 to `rejected`; undefined where there is no other. */
export async function replacementOf(rejected: GivenToken, giver: TokenGiver): Promise<GivenToken | undefined> {
  // The API's own 401 tells the caller more than a failed mint.
  const other = await giver.reject(rejected.fingerprint).catch(() => rejected);
  return other.fingerprint === rejected.fingerprint ? undefined : other;
}
