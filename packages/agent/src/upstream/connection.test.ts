import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';

/** A connection to a server that does what the test tells it. */
async function connected(): Promise<{ socket: Socket; api: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [api] = await accepted;
  onTestFinished(() => {
    api.destroy();
    server.close();
  });
  return { socket, api };
}

it('a connection that the server has ended is its pool’s no more, before anybody can ask for it again', async () => {
  const { socket, api } = await connected();
  const told: string[] = [];
  const owner = { onFree: () => void told.push('free'), onGone: () => void told.push('gone') };
  const connection = new Connection(socket, { host: 'api.test', timeoutMs: 60_000, owner });
  expect(connection.isUsable).toBe(true);
  const ended = new Promise<readonly string[]>((resolve) => socket.once('end', () => resolve([...told])));
  api.end();
  expect(await ended).toEqual(['gone']);
  expect(connection.isUsable).toBe(false);
  if (!socket.closed) await once(socket, 'close');
  expect(told).toEqual(['gone']);
});

it('what a server says before the request has left is no answer to it, and the request may go on another connection', async () => {
  const { socket, api } = await connected();
  const request = { method: 'POST', target: '/', headers: [], body: null, contentLength: undefined, origin: 'http://api.test' };
  const sent = new Promise<Exchange>((resolve) => {
    // Told of the bytes before the connection is.
    socket.once('data', () => resolve(connection.send(request)));
  });
  const owner = { onFree: () => undefined, onGone: () => undefined };
  const connection = new Connection(socket, { host: 'api.test', timeoutMs: 60_000, owner });
  api.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  const exchange = await sent;
  await expect(exchange.answer).rejects.toMatchObject({ code: 'cut' });
  expect(exchange.isUnwritten).toBe(true);
  expect(connection.isUsable).toBe(false);
  api.resume();
  await once(api, 'end');
  expect(api.bytesRead).toBe(0);
});
