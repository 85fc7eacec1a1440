import type { IncomingHttpHeaders } from 'node:http';
import { headerName } from '../../upstream/header-name.ts';
import type { FlatHeaders } from '../exchange.ts';

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
/** Request headers that the agent replaces, or that concern only the program and the agent. */
const requestOnly = ['host', 'authorization', 'cookie', 'expect', 'http2-settings', 'content-length', 'forwarded', 'via', 'x-request-id'];
/** Some servers take the method or path from these headers, while the rule allowed the method and path of the request itself. */
const overrides = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-method',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
];
/** Response headers that would concern the agent's host although the API means its own, and those that are set below. */
const responseOnly = [
  'set-cookie',
  'strict-transport-security',
  'alt-svc',
  'content-length',
  'via',
  'x-request-id',
  'x-content-type-options',
];

const droppedOfRequests: ReadonlySet<string> = new Set([...hopByHop, ...requestOnly, ...overrides]);
const droppedOfResponses: ReadonlySet<string> = new Set([...hopByHop, ...responseOnly]);
const via = '1.1 evertoken';

/** The headers that the API gets, but for those that frame the message. None has a `_` in its name. */
export function requestHeaders(headers: IncomingHttpHeaders, set: { authorization: string; requestId: string }): FlatHeaders {
  const named = namedBy(headers.connection);
  const kept: string[] = [];
  for (const name in headers) {
    // CGI and its like read `_` as `-`, so that such a name could stand for a header that is dropped. nginx drops all of them, too.
    if (droppedOfRequests.has(name) || name.includes('_') || name.startsWith('x-forwarded-') || named?.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') kept.push(name, value);
    else for (const one of value ?? []) kept.push(name, one);
  }
  kept.push('authorization', set.authorization, 'via', joined(headers.via), 'x-request-id', set.requestId);
  return kept;
}

/** The headers that the program gets with `status`, of those that came: names and values in turn. */
export function responseHeaders(status: number, headers: FlatHeaders, requestId: string): string[] {
  let named: ReadonlySet<string> | undefined;
  let [length, sniffing, viaSoFar]: (string | undefined)[] = [];
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [given, value] = [headers[i] as string, headers[i + 1] as string];
    const name = headerName(given) ?? '';
    if (!droppedOfResponses.has(name)) kept.push(given, value);
    else if (name === 'connection') named = namedBy(value, named);
    else if (name === 'content-length') length = value;
    else if (name === 'via') viaSoFar = joined(viaSoFar, value);
    else if (name === 'x-content-type-options') sniffing = value;
  }
  // A 204 must have no length (RFC 9110 §8.6): a program that believes it would wait for bytes that never come.
  if (length !== undefined && status !== 204) kept.push('content-length', length);
  kept.push('x-content-type-options', sniffing ?? 'nosniff', 'via', joined(viaSoFar, via), 'x-request-id', requestId);
  return named === undefined ? kept : without(kept, named);
}

/** Names of the headers that a `Connection` header limits to this connection; undefined where there are none, as nearly always. */
function namedBy(connection: string | undefined, before?: ReadonlySet<string>): ReadonlySet<string> | undefined {
  if (connection === undefined || /^(?:keep-alive|close)$/i.test(connection)) return before;
  return new Set([...(before ?? []), ...connection.split(',').map((name) => name.trim().toLowerCase())]);
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  return headers.filter((_, i) => !names.has((headers[i - (i % 2)] as string).toLowerCase()));
}

function joined(before: string | undefined, value: string = via): string {
  return before === undefined ? value : `${before}, ${value}`;
}
