import type { IncomingMessage } from 'node:http';
import type { ListenAddress } from '@evertoken/service';
import { readRequestPath } from '../apps/request-path.ts';
import { isOwnHost } from './own-names.ts';
import { Refusal } from './refusal.ts';

/** Longest body outside the proxy, bytes. */
export const longestBody: number = 16_384;

/** What is refused before any door is asked; undefined for a request that may go on. */
export function refusalOf(request: IncomingMessage, address: ListenAddress): Refusal | undefined {
  const { headers } = request;
  const path = readRequestPath(request.url ?? '');
  if (path === undefined) {
    return new Refusal(
      400,
      'ambiguous_path',
      'The path can be read in more than one way. Send it without `..`, `//`, `;`, `\\` and encoded slashes.',
    );
  }
  // Of several, Node shows the first alone (RFC 9112 §3.2).
  if ((request.headersDistinct['host']?.length ?? 0) > 1) {
    return new Refusal(
      400,
      'several_hosts',
      'The request has more than one Host header. Send one, with the address that the agent prints.',
    );
  }
  if (!isOwnHost(headers.host ?? '', address)) {
    return new Refusal(421, 'unknown_host', 'The Host header names another server than this agent. Use the address that the agent prints.');
  }
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin')) {
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
  const [door] = path.segments;
  if (door === 'proxy' || door === 'api') return undefined;
  const forwarded = Object.keys(headers).find((name) => /^(?:forwarded|via|x-forwarded-.+)$/.test(name));
  if ((door === 'oauth' || door === 'v1') && forwarded !== undefined) {
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
