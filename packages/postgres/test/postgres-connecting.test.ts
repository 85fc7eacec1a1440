import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { aKey, ManualClock, nextTurn } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgresStore, PostgresStoreError, type PostgresStoreOptions } from '../src/index.ts';
import { keys } from './a-postgres.ts';

/** Takes connections and does with each what it is told to. */
async function aServer(greet: (socket: Socket) => void): Promise<{ port: number; greeted(): number }> {
  let greeted = 0;
  const server = createServer((socket) => {
    greeted += 1;
    socket.on('error', () => undefined);
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, greeted: () => greeted };
}

async function open(connection: PostgresStoreOptions['connection'], clock?: ManualClock) {
  const store = await openPostgresStore({ connection, keys, commandTimeoutMs: 5_000, ...(clock && { clock }) });
  onTestFinished(() => store.close());
  return store;
}

describe('a connection that names a file', () => {
  async function missingCa(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'evertoken-ca-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return join(folder, 'ca.pem');
  }

  it('that is missing refuses each lease and says which one, and keeps none from the process when it is there again', async () => {
    const { port } = await aServer((socket) => socket.destroy());
    const ca = await missingCa();
    const store = await open(`postgresql://tokens@127.0.0.1:${port}/app?sslrootcert=${ca}`);
    for (let tries = 0; tries < 3; tries += 1) {
      const failure: unknown = await store.acquire(aKey(), 15_000).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'connection_failed', message: expect.stringContaining(ca) as string });
    }
    await writeFile(ca, 'a certificate');
    const failure: unknown = await store.acquire(aKey(), 15_000).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'connection_failed', message: expect.not.stringContaining(ca) as string });
  });

  it('that is missing breaks nothing off: it listens as soon as the file is there', async () => {
    const { port, greeted } = await aServer((socket) => socket.destroy());
    const ca = await missingCa();
    const clock = new ManualClock();
    const store = await open(`postgresql://tokens@127.0.0.1:${port}/app?sslrootcert=${ca}`, clock);
    store.watch(aKey(), () => undefined);
    for (let tries = 0; tries < 3; tries += 1) {
      await nextTurn();
      clock.advance(10_000);
    }
    expect(greeted()).toBe(0);
    await writeFile(ca, 'a certificate');
    clock.advance(10_000);
    await expect.poll(greeted).toBeGreaterThan(0);
  });
});

describe('a password that a function gives', () => {
  /** AuthenticationCleartextPassword of the protocol. */
  const askForPassword = (socket: Socket): void => void socket.once('data', () => socket.write(Buffer.from('520000000800000003', 'hex')));
  const at = (port: number) => ({ host: '127.0.0.1', port, user: 'tokens' });

  it('is asked for without its failure being quoted, which may hold what it read', async () => {
    const { port } = await aServer(askForPassword);
    const store = await open({ ...at(port), password: () => Promise.reject(new RangeError('no line break after s3cret')) });
    for (const ask of [() => store.load(aKey()), () => store.acquire(aKey(), 15_000)]) {
      const failure: unknown = await ask().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PostgresStoreError);
      expect(failure).toMatchObject({ code: 'login_refused', message: expect.stringContaining('RangeError') as string });
      expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('s3cret');
    }
  });

  it('is sent as it came', async () => {
    const heard: string[] = [];
    const { port } = await aServer((socket) => {
      askForPassword(socket);
      socket.on('data', (data) => {
        if (!data.toString('latin1').startsWith('p')) return;
        heard.push(data.subarray(5, -1).toString());
        socket.destroy();
      });
    });
    await open({ ...at(port), password: () => 's3cret' });
    expect(heard).toEqual(['s3cret']);
  });
});
