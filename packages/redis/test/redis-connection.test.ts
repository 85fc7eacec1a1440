import { createServer, type Socket } from 'node:net';
import { aKey } from '@evertoken/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from './open-store.ts';

it('a Redis that is reached again says itself what it refuses: what the connection failed with before is no reason any more', async () => {
  let isPasswordWanted = true;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (isPasswordWanted) return void socket.write('-NOAUTH Authentication required.\r\n');
      const info = 'loading:0\r\nrole:master\r\n';
      socket.write(/\binfo\b/i.test(data.toString()) ? `$${info.length}\r\n${info}\r\n` : '-ERR no such thing\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const store = await openStore({ url: `redis://127.0.0.1:${port}`, connectTimeoutMs: 100 });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const codeOf = () => store.load(aKey()).catch(({ code }: { code: string }) => code);
  await expect.poll(codeOf).toBe('access_refused');
  isPasswordWanted = false;
  for (const socket of sockets) socket.destroy();
  await expect.poll(codeOf).toBe('command_failed');
});

it('a Redis before 7 that refuses a script as a replica is connected to anew: the primary may be there by then', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const info = 'loading:0\r\nrole:slave\r\n';
      const refusal = "-ERR Error running script (call to f_e6a8): @user_script:1: @user_script: 1: -READONLY You can't write.\r\n";
      socket.write(/\binfo\b/i.test(data.toString()) ? `$${info.length}\r\n${info}\r\n` : refusal);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const store = await openStore({ url: `redis://127.0.0.1:${port}` });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  expect(sockets).toHaveLength(1);
  await expect(store.load(aKey())).rejects.toMatchObject({ code: 'read_only' });
  await expect.poll(() => sockets.length).toBeGreaterThan(1);
});
