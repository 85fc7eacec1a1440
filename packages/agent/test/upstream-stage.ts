import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { systemClock } from '@evertoken/client';
import { afterEach, beforeEach } from 'vitest';
import { DirectUpstream } from '../src/upstream/direct-upstream.ts';
import { HostLookup } from '../src/upstream/host-lookup.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../src/upstream/upstream.ts';

/** New for each test. */
export let upstream: DirectUpstream;
/** What is closed after the test, last first where it is taken away. */
export const closings: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  upstream = upstreamWith({});
});
afterEach(async () => {
  await upstream.close();
  for (const close of closings.splice(0)) await close();
});

export function upstreamWith(options: Partial<ConstructorParameters<typeof DirectUpstream>[0]>): DirectUpstream {
  const { lookup } = new HostLookup({ timeoutMs: 3_000, clock: systemClock });
  const defaults = {
    secureContext: () => undefined,
    lookup,
    connectTimeoutMs: 3_000,
    timeoutMs: 10_000,
    maxConnections: 256,
    clock: systemClock,
  };
  const made = new DirectUpstream({ ...defaults, ...options });
  closings.push(() => made.close());
  return made;
}

export async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closings.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API made with Node's own server. */
export async function anApi(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ origin: string; connections: () => number }> {
  let connections = 0;
  const server = createServer(answer);
  server.on('connection', () => {
    connections += 1;
  });
  return { origin: await listening(server), connections: () => connections };
}

/** An API that writes what it is told, byte for byte, for each connection that sends it something; `heard` is what it got. */
export async function aRawApi(
  say: (socket: Socket, heard: string, connection: number) => void,
): Promise<{ origin: string; heard: string[] }> {
  const heard: string[] = [];
  const server = createTcpServer((socket) => {
    const connection = heard.push('') - 1;
    socket.on('data', (bytes) => {
      heard[connection] += bytes.toString('latin1');
      say(socket, heard[connection] ?? '', connection);
    });
  });
  return { origin: await listening(server), heard };
}

export const get = (origin: string, parts: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  origin,
  method: 'GET',
  target: '/',
  headers: [],
  body: null,
  contentLength: undefined,
  ...parts,
});

/** What a program would get of a body; `take` lets it be slow. */
export async function bodyOf(
  answer: UpstreamAnswer,
  take: (part: Buffer, done: () => void) => void = (_part, done) => done(),
): Promise<string> {
  const parts: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: 1_024,
    write(part: Buffer, _encoding, done) {
      // Its bytes are others once it is taken.
      parts.push(Buffer.from(part));
      take(part, done);
    },
  });
  const finished = new Promise((resolve) => sink.once('finish', resolve));
  await answer.body.pipeTo(sink);
  await finished;
  return Buffer.concat(parts).toString();
}

export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => Promise.reject(new Error('an answer came where a failure was expected')),
    (error: unknown) => error,
  );
