import type { IncomingMessage } from 'node:http';
import { isEncrypted } from './session-cookie.ts';

/**
 * Whether the browser says that a page of this very origin sends the request: by `Sec-Fetch-Site`, by `Origin`, and by both where both are there. What says
 * nothing is no page of ours.
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
