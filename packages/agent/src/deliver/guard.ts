import type { IncomingMessage } from 'node:http';
import type { ListenAddress } from '@evertoken/service';
import { isAbsoluteTarget, type RequestPath, targetWithin } from '../apps/request-path.ts';
import type { Door } from './door.ts';
import type { OwnNames } from './own-names.ts';
import { longestBody } from './read-body.ts';
import { Refusal } from './refusal.ts';

/**
 * What to read the path from: the target itself, or of one in absolute-form the part behind the authority. Where that is not this listener under the name
 * that the Host header has, the target stays as it is and has no path.
 */
export function targetOf({ url = '', headers }: IncomingMessage, address: ListenAddress): string {
  if (url.startsWith('/')) return url;
  return targetWithin(url, { scheme: address.kind === 'https' ? 'https' : 'http', authority: headers.host ?? '' }) ?? url;
}

/** The refusal of a request that no door may see; undefined for a request that may go on to `door`, or be answered with 404 where there is no door. */
export function refusalOf(
  request: IncomingMessage,
  { path, door, address, names }: { path: RequestPath | undefined; door: Door | undefined; address: ListenAddress; names: OwnNames },
): Refusal | undefined {
  const { headers } = request;
  if (path === undefined) {
    if (isAbsoluteTarget(targetOf(request, address))) {
      const detail =
        'The request target names another server than the Host header and the scheme do. Send the path alone, or both as the agent prints them.';
      return new Refusal(421, 'other_target', detail);
    }
    return new Refusal(
      400,
      'ambiguous_path',
      'The path can be read in more than one way. Send it without `..`, `//`, `;`, `\\` and encoded slashes.',
    );
  }
  // Node shows only the first of several Host headers, but RFC 9112 §3.2 has such a request refused.
  if (hasSeveralHosts(request.rawHeaders)) {
    return new Refusal(
      400,
      'several_hosts',
      'The request has more than one Host header. Send one, with the address that the agent prints.',
    );
  }
  if (!names.isOwn(headers.host ?? '', address)) {
    const detail =
      'The Host header names another server than this agent. Use the address that the agent prints, or add the name to `hosts` in its config.';
    return new Refusal(421, 'unknown_host', detail);
  }
  const site = headers['sec-fetch-site'];
  const isOfPage = headers.origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin');
  if (isOfPage && !(door?.isPage === true && (isVisit(request) || isOfOwnPage(request, names)))) {
    return new Refusal(403, 'browser_refused', 'Web pages may not use the agent. Call it from a program, without an Origin header.');
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || request.httpVersion !== '1.1')) {
    return new Refusal(
      501,
      'unknown_coding',
      'Send the body with Content-Length, or by HTTP/1.1 with `Transfer-Encoding: chunked` alone.',
      {
        headers: { connection: 'close' },
      },
    );
  }
  if (door?.isStreaming === true) return undefined;
  const forwarded = door?.givesTokens === true ? forwardedBy(headers) : undefined;
  if (forwarded !== undefined) {
    return new Refusal(
      403,
      'forwarded_refused',
      `Tokens are not handed out through a proxy (the request has the header ${forwarded}). Ask the agent directly.`,
    );
  }
  if (Number(headers['content-length'] ?? 0) > longestBody) {
    return new Refusal(413, 'body_too_long', `The body may have at most ${longestBody} bytes here.`, { headers: { connection: 'close' } });
  }
  return undefined;
}

/** Whether a browser opens a page by a link, as a whole window: the request has no body, and the site with the link cannot read the page. */
function isVisit({ method, headers }: IncomingMessage): boolean {
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isNavigation && method === 'GET' && headers.origin === undefined;
}

/** Whether a page of this very origin asks. The Host header has been found to be our own. */
function isOfOwnPage({ headers: { origin, host = '', 'sec-fetch-site': site } }: IncomingMessage, names: OwnNames): boolean {
  if (site !== undefined && site !== 'same-origin') return false;
  return origin !== undefined && names.origins.has(origin) && new URL(origin).host === host.toLowerCase();
}

function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

function forwardedBy(headers: IncomingMessage['headers']): string | undefined {
  for (const name in headers) if (name === 'via' || name === 'forwarded' || name.startsWith('x-forwarded-')) return name;
  return undefined;
}
