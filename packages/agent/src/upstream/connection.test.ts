import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Connection } from './connection.ts';

it('a connection that the server has ended is its pool’s no more, before anybody can ask for it again', async () => {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [api] = await accepted;
  onTestFinished(() => {
    api.destroy();
    server.close();
  });
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
