import type { GivenToken, TokenGiver } from './token-giver.ts';

/** Longest body that is sent a second time, bytes. */
export const LONGEST_REPLAY = 65_536;

/** Whether `body` can be sent a second time: none, or at most 64 KiB of text or bytes; never a stream. */
export function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null) return true;
  // A UTF-16 unit takes at most three bytes of UTF-8: what is short enough either way needs no counting.
  if (typeof body === 'string') return body.length * 3 <= LONGEST_REPLAY || new TextEncoder().encode(body).byteLength <= LONGEST_REPLAY;
  if (body instanceof URLSearchParams) return isReplayable(body.toString());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength <= LONGEST_REPLAY;
  return body instanceof Blob && body.size <= LONGEST_REPLAY;
}

/**
 * Reports a 401 to `rejected`, whether or not the request can be sent again: who tries once more by himself then gets another token. Resolves with the token
 * to send a request with `body` once more; undefined where there is no other, or where that body cannot be sent again.
 * @throws the reason of `signal` when it is aborted.
 */
export async function replacementOf(
  rejected: GivenToken,
  giver: TokenGiver,
  { body, signal }: { readonly body: unknown; readonly signal: AbortSignal | undefined },
): Promise<GivenToken | undefined> {
  const other = await giver.reject(rejected.fingerprint, waitOptions(signal)).catch(() => {
    signal?.throwIfAborted();
    // The API's own 401 tells the caller more than a failed mint.
    return rejected;
  });
  return other.fingerprint === rejected.fingerprint || !isReplayable(body) ? undefined : other;
}

/** How a caller with `signal` waits for a token. */
export function waitOptions(signal: AbortSignal | undefined): { signal: AbortSignal } | undefined {
  return signal && { signal };
}

/** Whether an answer that came from `url` is one to the token: a redirect to another origin takes it along nowhere. */
export function isFromTarget(url: string | undefined, target: URL): boolean {
  return url === undefined || !URL.canParse(url) || new URL(url).origin === target.origin;
}
