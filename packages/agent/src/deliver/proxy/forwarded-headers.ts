import type { IncomingHttpHeaders } from 'node:http';

type Headers = Record<string, string | string[]>;

/** Headers of one connection only (RFC 9110 §7.6.1), and older ones of the same kind. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** What is replaced, or is between the program and the agent alone. */
const requestOnly = ['host', 'authorization', 'cookie', 'expect', 'http2-settings', 'content-length', 'forwarded'];
/** By these some servers take another method or path than the request's, which is the one that the rule allowed. */
const overrides = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-method',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
];
/** What would bind the program to the API's host in place of the agent's. */
const responseOnly = ['set-cookie', 'strict-transport-security', 'alt-svc'];

const via = '1.1 evertoken';

/** The headers that the API gets. */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  set: { authorization: string; requestId: string; contentLength: number | undefined },
): Headers {
  const kept = without(headers, [...requestOnly, ...overrides]);
  for (const name of Object.keys(kept)) if (name.startsWith('x-forwarded-')) delete kept[name];
  return {
    ...kept,
    authorization: set.authorization,
    via: joined(kept['via']),
    'x-request-id': set.requestId,
    ...(set.contentLength !== undefined && { 'content-length': String(set.contentLength) }),
  };
}

/** The headers that the program gets. */
export function responseHeaders(headers: IncomingHttpHeaders, requestId: string): Headers {
  const kept = without(headers, responseOnly);
  return { 'x-content-type-options': 'nosniff', ...kept, via: joined(kept['via']), 'x-request-id': requestId };
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): Headers {
  const named = [headers.connection ?? ''].flat().join(',').split(',');
  const dropped = new Set([...hopByHop, ...names, ...named.map((name) => name.trim().toLowerCase())]);
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !dropped.has(name)) kept[name] = value;
  }
  return kept;
}

function joined(before: string | string[] | undefined): string {
  return [before ?? [], via].flat().join(', ');
}
