import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** A request that a listener does not hand on, because there are too many: to be answered with 429. */
export interface RefusedRequest {
  readonly code: 'too_many_connections' | 'too_many_at_once';
  /** What there is too much of, and what to do; for people. */
  readonly detail: string;
  /** To be sent with the answer: `retry-after`, and `connection`, for the connection ends with it. */
  readonly headers: Readonly<Record<string, string>>;
}

const headers = { 'retry-after': '1', connection: 'close' } as const;

/** That of a connection beyond the `limit` of its listener. */
export function tooManyConnections(limit: number): RefusedRequest {
  const detail = `At most ${limit} connections are served at once. Reuse them, and try again.`;
  return { code: 'too_many_connections', detail, headers };
}

/** That of a request that came while `limit` others on its connection had no answer. */
export function tooManyAtOnce(limit: number): RefusedRequest {
  const detail = `At most ${limit} requests are answered at once on one connection. Wait for answers before you send more.`;
  return { code: 'too_many_at_once', detail, headers };
}

/** Answers a request that is refused as problem details (RFC 9457). */
export function refuseAsProblem(response: ServerResponse, { code, detail, headers }: RefusedRequest): void {
  const problem = { type: 'about:blank', title: STATUS_CODES[429], status: 429, code, detail };
  const body = JSON.stringify(problem);
  response.writeHead(429, { ...headers, 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body) }).end(body);
}

const statusByError: ReadonlyMap<string | undefined, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/**
 * Tells the peer, in Node's own words, that its request cannot be read, unless the answer to it has begun or is not yet due. Tells us whether it has an answer
 * then, whichever.
 */
export function refuseUnreadable(socket: Socket, errorCode: string | undefined, response: ServerResponse | undefined): boolean {
  const isDue = response === undefined || (response.socket !== null && !response.headersSent);
  if (!socket.writable) return false;
  if (!isDue) return response.socket !== null && response.writableEnded;
  const status = statusByError.get(errorCode) ?? 400;
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  return true;
}
