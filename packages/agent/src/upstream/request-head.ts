import { headerName } from './header-name.ts';
import { UpstreamError, type UpstreamRequest } from './upstream.ts';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const target = /^\/[\x21-\x7e\x80-\xff]*$/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;
/** Headers that only the agent writes: if they came twice, two servers could read two different messages. */
const ours = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

/**
 * The head of a request as it goes out, in Latin-1.
 * @throws {UpstreamError} `bad_request` for parts that would not make exactly one head of one request
 */
export function writeRequestHead(request: UpstreamRequest, host: string): string {
  const { method, headers, contentLength, body } = request;
  if (!token.test(method) || !target.test(request.target)) throw bad('method or target');
  let head = `${method} ${request.target} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [headers[i] as string, headers[i + 1] as string];
    const plainName = headerName(name);
    if (plainName === undefined || notInValue.test(value) || ours.has(plainName)) throw bad('header');
    head += `${name}: ${value}\r\n`;
  }
  if (body === null) return `${head}${hasBodyByNature(method) ? 'content-length: 0\r\n' : ''}\r\n`;
  if (contentLength === undefined) return `${head}transfer-encoding: chunked\r\n\r\n`;
  if (!Number.isSafeInteger(contentLength) || contentLength < 0) throw bad('length');
  return `${head}content-length: ${contentLength}\r\n\r\n`;
}

/** Whether a server may expect a body with this method, so that even an empty one is announced (RFC 9110 §8.6). */
function hasBodyByNature(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function bad(what: string): UpstreamError {
  return new UpstreamError('bad_request', `The request has a ${what} that no request may have.`);
}
