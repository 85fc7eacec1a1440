import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askControlSocket, openControlSocket } from '../src/index.ts';
import { freshFolder } from './fresh-folder.ts';

const status = { method: 'GET', path: '/status' } as const;

async function open(folder: string, body: unknown = { pid: 1 }): Promise<{ close(): Promise<void> }> {
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
    expect(await askControlSocket(folder, status)).toEqual({ status: 500, body: { error: 'no way' } });
    expect((await askControlSocket(folder, { ...status, method: 'PUT' as 'GET' }))?.status).toBe(405);
  });

  it('of a folder that is not there is nobody’s', async () => {
    expect(await askControlSocket(join(await freshFolder(), 'none'), status)).toBeUndefined();
    expect(await askControlSocket(join(await freshFolder(), 'n'.repeat(120)), status)).toBeUndefined();
  });
});
