import type { IncomingMessage } from 'node:http';
import { isEncrypted } from './session-cookie.ts';

/**
 * Whether a page of this same origin sent the request, as the browser says in `Sec-Fetch-Site` or `Origin`; where both headers are there, both must say so.
 * A request with neither is not from a page of ours.
 */
export function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  // Before a socket without TLS there may be a proxy with it.
  const schemes = isEncrypted(request) ? ['https'] : ['http', 'https'];
  return schemes.some((scheme) => origin === originOf(`${scheme}://${host}`));
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
