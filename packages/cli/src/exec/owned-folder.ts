import { lstatSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, rename } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const prefix = 'evertoken-exec-';
/** The owner listens on this socket for as long as it lives. A number of a process would not do: containers that share a folder each count their own. */
const lifeSign = '.owner';

/** A private folder that goes with its owner. */
export interface OwnedFolder {
  readonly path: string;
  /** Removes it, synchronously, so that it also works while the process ends. */
  remove(): void;
}

/** Makes one in `parent`, always 0700, whatever the umask. */
export async function makeOwnedFolder(parent: string): Promise<OwnedFolder> {
  const path = await mkdtemp(join(parent, prefix));
  // Where the path is too long for a socket, the folder is still a good one; nobody removes it for an owner that was killed.
  const server = await listen(path).catch(() => undefined);
  return {
    path,
    remove() {
      server?.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Removes the folders in `parent` that owners of this user have left behind when they were killed. What cannot be removed stays, for it may be in use. */
export async function removeOrphans(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const path = join(parent, name);
    if (!name.startsWith(prefix) || !isPrivate(path) || !(await isOrphan(path))) continue;
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The next one may have more luck.
    }
  }
}

function isPrivate(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.getuid?.() && (stats.mode & 0o777) === 0o700;
}

async function listen(folder: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy()).unref();
  const path = join(folder, `${lifeSign}.new`);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  // Only now is it found: between its making and its listening it would look like that of a dead owner.
  await rename(path, join(folder, lifeSign));
  return server;
}

/** Whether the socket is there, and nobody listens on it. */
function isOrphan(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const knock = connect(join(folder, lifeSign));
    knock.once('connect', () => {
      knock.destroy();
      resolve(false);
    });
    knock.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
