import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** Answers a request on a connection beyond the `limit` of its listener, and ends the connection. */
export function refuseTooManyConnections(response: ServerResponse, limit: number): void {
  refuse(response, 'Too many connections', `At most ${limit} connections are served at once. Reuse them, and try again.`);
}

/** Answers a request that came while `limit` others on its connection had no answer, and ends the connection. */
export function refuseTooManyAtOnce(response: ServerResponse, limit: number): void {
  refuse(
    response,
    'Too many requests at once',
    `At most ${limit} requests are answered at once on one connection. Wait for answers before you send more.`,
  );
}

function refuse(response: ServerResponse, title: string, detail: string): void {
  const headers = { 'content-type': 'application/problem+json', 'retry-after': '1', connection: 'close' };
  response.writeHead(429, headers).end(JSON.stringify({ title, status: 429, detail }));
}

const statusByError: ReadonlyMap<string | undefined, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/** Tells the peer, in Node's own words, that its request cannot be read, unless the answer to it has begun or is not yet due. */
export function refuseUnreadable(socket: Socket, errorCode: string | undefined, response: ServerResponse | undefined): void {
  const isDue = response === undefined || (response.socket !== null && !response.headersSent);
  if (!socket.writable || !isDue) return;
  const status = statusByError.get(errorCode) ?? 400;
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
}
