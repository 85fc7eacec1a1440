import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ListenAddress, type ListenerOptions, type Listeners, longestSocketPath, openListeners } from '../src/index.ts';

const greeting: ListenerOptions = { handler: (_req, res) => res.end('hello'), onError: () => undefined };

async function open(addresses: ListenAddress[]): Promise<Listeners> {
  const listeners = await openListeners(addresses, greeting);
  onTestFinished(() => listeners.close({ graceMs: 0 }));
  return listeners;
}

async function read(target: { socketPath: string }): Promise<string> {
  const [answer] = (await once(get({ ...target, agent: false }), 'response')) as [IncomingMessage];
  return await text(answer);
}

describe('a unix socket', () => {
  const socketIn = async (mode = 0o600): Promise<ListenAddress & { kind: 'unix' }> => ({
    kind: 'unix',
    path: join(await freshFolder(), 'agent.sock'),
    mode,
  });

  it.each([0o600, 0o660, 0o666])('has exactly its mode (%o) and goes when it is closed', async (mode) => {
    const before = process.umask();
    const address = await socketIn(mode);
    const listeners = await open([address]);
    expect((await lstat(address.path)).mode & 0o777).toBe(mode);
    expect(process.umask()).toBe(before);
    expect(await read({ socketPath: address.path })).toBe('hello');
    await listeners.close();
    await expect(lstat(address.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('belongs to the group that is named, by name or number', async () => {
    // A group that this user may give files to: any for root, else one of its own.
    const gid = process.getuid?.() === 0 ? 1 : (process.getgroups?.()[0] ?? 0);
    const lines = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
    const name = lines.find((fields) => fields[2] === String(gid))?.[0];
    for (const group of [String(gid), ...(name === undefined ? [] : [name])]) {
      const address = { ...(await socketIn(0o660)), group };
      await open([address]);
      const stats = await lstat(address.path);
      expect([stats.gid, stats.mode & 0o777], group).toEqual([gid, 0o660]);
      expect(await read({ socketPath: address.path })).toBe('hello');
    }
  });

  it('tells which group there is not, and leaves no socket behind', async () => {
    const address = { ...(await socketIn()), group: 'no-such-group-here' };
    await expect(openListeners([address], greeting)).rejects.toMatchObject({
      code: 'address_invalid',
      problem: 'This machine has no group `no-such-group-here`',
    });
    await expect(lstat(address.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes the place of one that a dead process left', async () => {
    const address = await socketIn();
    await leaveStaleSocket(address.path);
    expect((await lstat(address.path)).isSocket()).toBe(true);
    await open([address]);
    expect(await read({ socketPath: address.path })).toBe('hello');
  });

  it('never takes the place of a living one', async () => {
    const address = await socketIn();
    await open([address]);
    await expect(openListeners([address], greeting)).rejects.toMatchObject({ code: 'socket_taken', place: address.path });
    expect(await read({ socketPath: address.path })).toBe('hello');
  });

  it('takes the place of another one of this process where it is told to, and keeps it whichever goes first', async () => {
    const address = await socketIn();
    const first = await open([address]);
    const told: ListenerOptions = { handler: (_req, res) => res.end('second'), onError: () => undefined, takesOver: true };
    const second = await openListeners([{ ...address, mode: 0o660 }], told);
    expect([await read({ socketPath: address.path }), (await lstat(address.path)).mode & 0o777]).toEqual(['second', 0o660]);
    await first.close();
    expect(await read({ socketPath: address.path })).toBe('second');
    expect(await readdir(dirname(address.path))).toEqual(['agent.sock']);
    await second.close();
    expect(await readdir(dirname(address.path))).toEqual([]);
  });

  it('may have the longest path that there is, also one to be taken over', async () => {
    const folder = await freshFolder();
    const address: ListenAddress = { kind: 'unix', path: join(folder, 'x'.repeat(longestSocketPath - folder.length - 1)), mode: 0o600 };
    await open([address]);
    const second = await openListeners([address], { ...greeting, takesOver: true });
    expect(await read({ socketPath: address.path })).toBe('hello');
    await second.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('has one owner when several processes start at once on a stale one', async () => {
    const address = await socketIn();
    await leaveStaleSocket(address.path);
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => open([address])));
    const failures = results.filter((result) => result.status === 'rejected').map((result) => (result.reason as { code: string }).code);
    expect(failures).toEqual(Array.from({ length: 5 }, () => 'socket_taken'));
    expect(await read({ socketPath: address.path })).toBe('hello');
  });

  it('removes nothing that is no socket', async () => {
    const address = await socketIn();
    await writeFile(address.path, 'precious');
    await expect(openListeners([address], greeting)).rejects.toMatchObject({ code: 'address_unavailable' });
    expect((await lstat(address.path)).isFile()).toBe(true);
  });

  it('removes no link, though what it leads to is the socket of a dead process', async () => {
    const [address, other] = [await socketIn(), await socketIn()];
    await leaveStaleSocket(other.path);
    await symlink(other.path, address.path);
    await expect(openListeners([address], greeting)).rejects.toMatchObject({ code: 'address_unavailable', place: address.path });
    expect((await lstat(address.path)).isSymbolicLink()).toBe(true);
  });

  it.each([0o770, 0o707, 0o1777])('stands in no folder that others may write in (mode %o)', async (mode) => {
    const address = await socketIn();
    const folder = dirname(address.path);
    await chmod(folder, mode);
    await expect(openListeners([address], greeting)).rejects.toMatchObject({ code: 'address_unavailable', place: address.path });
    await expect(lstat(address.path)).rejects.toMatchObject({ code: 'ENOENT' });
    // Where they may enter and read, but not write, it does.
    await chmod(folder, 0o755);
    await open([address]);
    expect(await read({ socketPath: address.path })).toBe('hello');
  });

  it.runIf(process.getuid?.() === 0)('stands in no folder of another user', async () => {
    const address = await socketIn();
    await chown(dirname(address.path), 65_534, 65_534);
    await expect(openListeners([address], greeting)).rejects.toMatchObject({
      code: 'address_unavailable',
      problem: 'The folder of the unix socket belongs to another user (uid 65534)',
    });
  });

  it.runIf(process.getuid?.() === 0)('takes the place of none of another user, though nobody answers there', async () => {
    const address = await socketIn();
    await leaveStaleSocket(address.path);
    await chown(address.path, 65_534, 65_534);
    await expect(openListeners([address], greeting)).rejects.toMatchObject({
      code: 'address_unavailable',
      problem: 'A socket of another user (uid 65534) stands in the way',
    });
    expect((await lstat(address.path)).uid).toBe(65_534);
  });

  it('needs its folder to exist', async () => {
    const path = join(await freshFolder(), 'missing', 'agent.sock');
    const error: unknown = await openListeners([{ kind: 'unix', path, mode: 0o600 }], greeting).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'address_unavailable', problem: 'The folder of the unix socket does not exist' });
  });
});

async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  await chmod(path, 0o600);
}
