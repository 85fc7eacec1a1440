import { createHash } from 'node:crypto';
import { lstatSync, unlinkSync } from 'node:fs';
import { lstat, rename, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { longestSocketPath } from './listen-address.ts';
import { ServiceError, systemCodeOf } from './service-error.ts';

/**
 * Makes room for a socket at `path`, then runs `listen`. A socket that a dead process of this user left behind is removed. `identity` is the real path of the
 * socket, the same in every process; it is needed where `path` is only a shorter way to it.
 * @throws {ServiceError} `socket_taken` where a program answers; `address_unavailable` where something else stands there, the folder is missing, or others may
 *   write in it.
 */
export async function claimSocketPath(path: string, listen: () => Promise<void>, identity: string = path): Promise<void> {
  const release = await lockSocketPath(identity);
  try {
    await clearStaleSocket(path);
    await listen();
  } finally {
    await release();
  }
}

/** Begins to listen at `path` with exactly the permission bits `mode`. */
export function listenAtSocket(server: Server, path: string, mode: number): void {
  // The bits are there from bind(2) on, which Node calls before listen() returns; a chmod after it would leave a gap.
  const before = process.umask(~mode & 0o777);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
}

/**
 * A name beside `path` for a socket that is to get there by {@link placeSocket}: one byte longer, or as long where there is no room for that. What a dead process
 * left there is removed.
 * @throws {ServiceError} as {@link claimSocketPath} does
 */
export async function nameBeside(path: string): Promise<string> {
  const beside = `${Buffer.byteLength(path) < longestSocketPath ? path : path.slice(0, -1)}~`;
  await clearStaleSocket(beside);
  return beside;
}

/**
 * Gives the socket at `from` its place at `to` in one step, also where another one of this process stands: whoever connects finds either. Answers what takes it
 * away again, to be called before its server closes; where yet another one has its place, that one stays.
 */
export async function placeSocket(from: string, to: string): Promise<() => void> {
  const { dev, ino } = await lstat(from, { bigint: true });
  await rename(from, to);
  return () => {
    try {
      const there = lstatSync(to, { bigint: true });
      // At once, as libuv does it: what another process puts there next must stay.
      if (there.dev === dev && there.ino === ino) unlinkSync(to);
    } catch {
      // It is gone, or its folder is no longer ours to write in.
    }
  };
}

/**
 * Checks whether there may be a socket of ours at `path`, and answers whether one stands there already. Whether a program answers there is not checked.
 * @throws {ServiceError} `address_unavailable` as {@link claimSocketPath} does.
 */
export async function judgeSocketPath(path: string): Promise<boolean> {
  // libuv would report a missing folder as EACCES.
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory() !== true) {
    const problem = 'The folder of the unix socket does not exist';
    throw new ServiceError('address_unavailable', { problem, place: path, step: 'Make the folder or choose another path.' });
  }
  // Another user who may write there could put a socket of his own in its place, and programs would send their keys to it.
  const isOurs = folder.uid === process.getuid?.() || folder.uid === 0;
  if (!isOurs || (folder.mode & 0o022) !== 0) {
    const problem = isOurs
      ? `Others may write in the folder of the unix socket (mode 0${(folder.mode & 0o777).toString(8)})`
      : `The folder of the unix socket belongs to another user (uid ${folder.uid})`;
    const step = 'Choose a folder that only the user who runs this program may write in; `chmod go-w` makes one of it.';
    throw new ServiceError('address_unavailable', { problem, place: path, step });
  }
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return false;
  if (!stats.isSocket() || stats.uid !== process.getuid?.()) {
    throw new ServiceError('address_unavailable', {
      problem: stats.isSocket()
        ? `A socket of another user (uid ${stats.uid}) stands in the way`
        : 'Something that is no socket stands in the way',
      place: path,
      step: 'Remove it or choose another path.',
    });
  }
  return true;
}

async function clearStaleSocket(path: string): Promise<void> {
  if (!(await judgeSocketPath(path))) return;
  if (await isAnswered(path)) {
    const problem = 'Another program listens on this unix socket';
    throw new ServiceError('socket_taken', { problem, place: path, step: 'Stop that program or choose another path.' });
  }
  await unlink(path).catch((error: unknown) => {
    // Its program has just ended and taken it away.
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      socket.destroy();
      // A full backlog (EAGAIN) or a foreign right (EACCES) is no proof that nobody is there.
      resolve(!['ECONNREFUSED', 'ENOENT'].includes(systemCodeOf(error) ?? ''));
    });
  });
}

// Two processes that find the same stale socket would each remove it, the slower one the other's new one. No file can guard against that, because
// a lock file goes stale in the same way; Linux drops a name in the abstract namespace with the process that holds it.
async function lockSocketPath(path: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => {};
  const name = `\0evertoken-${createHash('sha256').update(path).digest('hex')}`;
  // Any local user could hold the name for ever: after a second the lock is done without.
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const lock = createServer((socket) => socket.destroy());
    const isHeld = await new Promise<boolean>((resolve) => {
      lock.once('listening', () => resolve(true));
      lock.once('error', () => resolve(false));
      lock.listen(name);
    });
    if (isHeld) return () => new Promise((resolve) => lock.close(() => resolve()));
    await delay(20);
  }
  return async () => {};
}
