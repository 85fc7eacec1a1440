import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { Inlet } from './inlet.ts';

/** A connection to a server that does what the test tells it. */
async function connected(): Promise<{ socket: Socket; inlet: Inlet; api: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const inlet = new Inlet();
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', onread: inlet.onread });
  const [api] = await accepted;
  onTestFinished(() => {
    api.destroy();
    server.close();
  });
  return { socket, inlet, api };
}

it('a connection that the server has ended is its pool’s no more, before anybody can ask for it again', async () => {
  const { socket, inlet, api } = await connected();
  const told: string[] = [];
  const owner = { onFree: () => void told.push('free'), onGone: () => void told.push('gone') };
  const connection = new Connection(socket, { inlet, host: 'api.test', timeoutMs: 60_000, owner });
  expect(connection.isUsable).toBe(true);
  const ended = new Promise<readonly string[]>((resolve) => socket.once('end', () => resolve([...told])));
  api.end();
  expect(await ended).toEqual(['gone']);
  expect(connection.isUsable).toBe(false);
  if (!socket.closed) await once(socket, 'close');
  expect(told).toEqual(['gone']);
});

it('what a server says before the request has left is no answer to it, and the request may go on another connection', async () => {
  const { socket, inlet, api } = await connected();
  const request = { method: 'POST', target: '/', headers: [], body: null, contentLength: undefined, origin: 'http://api.test' };
  const owner = { onFree: () => undefined, onGone: () => undefined };
  const connection = new Connection(socket, { inlet, host: 'api.test', timeoutMs: 60_000, owner });
  const take = inlet.onBytes;
  const sent = new Promise<Exchange>((resolve) => {
    // Sends when the bytes have come and the connection has not been told.
    inlet.onBytes = (bytes) => {
      resolve(connection.send(request));
      take?.(bytes);
    };
  });
  api.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  const exchange = await sent;
  await expect(exchange.answer).rejects.toMatchObject({ code: 'cut' });
  expect(exchange.isUnwritten).toBe(true);
  expect(connection.isUsable).toBe(false);
  api.resume();
  await once(api, 'end');
  expect(api.bytesRead).toBe(0);
});

it('a connection on which the server spoke before anybody could hear it carries no request', async () => {
  const { socket, inlet, api } = await connected();
  if (socket.connecting) await once(socket, 'connect');
  socket.resume();
  api.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  await expect.poll(() => inlet.hasMissed).toBe(true);
  const owner = { onFree: () => undefined, onGone: () => undefined };
  expect(new Connection(socket, { inlet, host: 'api.test', timeoutMs: 60_000, owner }).isUsable).toBe(false);
});
