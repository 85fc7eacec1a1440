import { once } from 'node:events';
import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { freshFolder, spawnProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askControlSocket, openControlSocket } from '../src/index.ts';

const status = { method: 'GET', path: '/status' } as const;

async function open(folder: string, body: unknown = { pid: 1 }): ReturnType<typeof openControlSocket> {
  const socket = await openControlSocket(folder, async ({ method, path }) => ({
    status: path === '/status' ? 200 : 404,
    body: { method, path, body },
  }));
  onTestFinished(() => socket.close());
  return socket;
}

/** A state folder whose path is short, or longer than that of a socket may be. */
async function folderOf(kind: string): Promise<string> {
  const folder = kind === 'short' ? await freshFolder() : join(await freshFolder(), 'x'.repeat(120));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

describe.each(['short', 'long'])('the control socket of a folder with a %s path', (kind) => {
  it('is open to its owner alone, answers, and goes when it is closed', async () => {
    const folder = await folderOf(kind);
    const socket = await open(folder);
    expect((await lstat(join(folder, 'control.sock'))).mode & 0o777).toBe(0o600);
    expect(await askControlSocket(folder, status)).toEqual({ status: 200, body: { method: 'GET', path: '/status', body: { pid: 1 } } });
    expect((await askControlSocket(folder, { method: 'POST', path: '/else' }))?.status).toBe(404);
    await socket.close();
    await expect(lstat(join(folder, 'control.sock'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await askControlSocket(folder, status)).toBeUndefined();
  });

  it('has one holder, of several that come at once, and another one after it', async () => {
    const folder = await folderOf(kind);
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => openControlSocket(folder, async () => ({ status: 200, body: null }))),
    );
    const holders = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(holders).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'socket_taken' });
    await holders[0]?.close();
    await open(folder);
    expect((await askControlSocket(folder, status))?.status).toBe(200);
  });

  it('is had, or is taken, for one who comes at the moment when its holder goes', async () => {
    const folder = await folderOf(kind);
    const openOne = (): ReturnType<typeof openControlSocket> => openControlSocket(folder, async () => ({ status: 200, body: null }));
    for (let turns = 0; turns < 40; turns += 1) {
      const holder = await openOne();
      const coming = openOne().then(
        (socket) => socket.close(),
        (error: { code?: unknown }) => error.code,
      );
      for (let turn = 0; turn < turns; turn += 1) await setImmediate();
      await holder.close();
      expect([undefined, 'socket_taken']).toContain(await coming);
    }
  });

  it('is taken over from a process that was killed', async () => {
    const folder = await folderOf(kind);
    const holder = join(folder, 'holder.mjs');
    await writeFile(
      holder,
      `import { createServer } from 'node:net';
       process.chdir(process.argv[2]);
       createServer().listen('control.sock', () => console.log('holds'));`,
    );
    const held = spawnProcess(process.execPath, [holder, folder]);
    await held.waitFor(/holds/);
    await expect(openControlSocket(folder, async () => ({ status: 200, body: null }))).rejects.toMatchObject({ code: 'socket_taken' });
    held.signal('SIGKILL');
    await held.exit();
    expect(await askControlSocket(folder, status)).toBeUndefined();
    await open(folder, 'second');
    expect((await askControlSocket(folder, status))?.body).toMatchObject({ body: 'second' });
  });
});

describe('the control socket', () => {
  it('tells what failed inside, and answers nothing but GET and POST', async () => {
    const folder = await folderOf('short');
    const socket = await openControlSocket(folder, () => Promise.reject(new Error('no way')));
    onTestFinished(() => socket.close());
    expect(await askControlSocket(folder, status)).toEqual({ status: 500, body: { error: 'no way', step: 'See the log of the process.' } });
    expect((await askControlSocket(folder, { ...status, method: 'PUT' as 'GET' }))?.status).toBe(405);
  });

  it('closes while somebody holds connections that ask nothing, or not all', async () => {
    const folder = await folderOf('short');
    const socket = await open(folder);
    const held = ['', 'GET /status HTTP/1.1\r\nHost: x\r\n'].map(async (text) => {
      const connection = connect(join(folder, 'control.sock'));
      await once(connection, 'connect');
      connection.on('error', () => undefined).write(text);
      return connection;
    });
    const gone = (await Promise.all(held)).map((connection) => once(connection, 'close'));
    // Answered after them, so that they have been taken in.
    await askControlSocket(folder, status);
    await socket.close({ graceMs: 2 ** 31 - 1 });
    await Promise.all(gone);
  });

  it('gives the answers that are under way when it closes, but not for ever', async () => {
    const folder = await folderOf('short');
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked: string[] = [];
    const socket = await openControlSocket(folder, async ({ path }) => {
      asked.push(path);
      await (path === '/status' ? released : new Promise(() => undefined));
      return { status: 200, body: 'late' };
    });
    const answer = askControlSocket(folder, status);
    while (asked.length < 1) await setImmediate();
    const closing = socket.close({ graceMs: 2 ** 31 - 1 });
    release();
    expect((await answer)?.body).toBe('late');
    await closing;

    const never = await openControlSocket(folder, async () => await new Promise<never>(() => asked.push('never')));
    const unanswered = askControlSocket(folder, status);
    const failure = expect(unanswered).rejects.toMatchObject({ code: 'address_unavailable' });
    while (!asked.includes('never')) await setImmediate();
    await never.close({ graceMs: 1 });
    await failure;
  });

  it('of a folder that is not there is nobody’s', async () => {
    expect(await askControlSocket(join(await freshFolder(), 'none'), status)).toBeUndefined();
    expect(await askControlSocket(join(await freshFolder(), 'n'.repeat(120)), status)).toBeUndefined();
  });
});
