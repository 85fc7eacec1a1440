import { randomBytes } from 'node:crypto';
import { type BigIntStats, constants, type Stats } from 'node:fs';
import { link, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCodeOf } from './service-error.ts';

/** What a file is made as. */
export interface FileRights {
  /** Whatever the umask. Default 0600. */
  readonly mode?: number;
  /** Default: who runs this process. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A write takes no such time, so what is older beside a file was left by a process that was killed while it wrote. */
const leftoverAgeMs = 60_000;

/**
 * Replaces a file, or makes it: whole or not at all, also through a loss of power. Where that fails, for example because the disk is full, the old file
 * stays as it was. Removes what killed processes left beside it. Answers what the file was when it got there, by which a change is seen.
 */
export async function replaceFile(path: string, content: string | Uint8Array, rights: FileRights = {}): Promise<BigIntStats> {
  const temporary = await writeBeside(path, content, rights);
  let stats: BigIntStats;
  try {
    stats = await lstat(temporary, { bigint: true });
    await removeOldLeftovers(path, stats, rights);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  await keepNames(dirname(path));
  return stats;
}

/** Makes a file in the same way unless there is one already; answers whether it did. Of several processes at once exactly one does. */
export async function placeFile(path: string, content: string | Uint8Array, rights: FileRights = {}): Promise<boolean> {
  // A file that is there already is found without writing, which a full disk would refuse.
  if ((await lstat(path).catch(() => undefined)) !== undefined) return false;
  const temporary = await writeBeside(path, content, rights);
  try {
    await removeOldLeftovers(path, await lstat(temporary, { bigint: true }), rights);
    return await linkFile(temporary, path);
  } finally {
    await unlink(temporary);
  }
}

/** Gives a file a second name, and answers whether it did: never one that another file has. */
export async function linkFile(from: string, to: string): Promise<boolean> {
  try {
    // Unlike a rename, a link never replaces what another process has put there meanwhile.
    await link(from, to);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
  await keepNames(dirname(to));
  return true;
}

/** Writes a new file beside `path`, from where a rename or link takes it there, and answers its own path; leaves none where that fails. */
export async function writeBeside(path: string, content: string | Uint8Array, { mode = 0o600, owner }: FileRights = {}): Promise<string> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    // Goes on after a short write, as a nearly full disk makes one, until all is written or refused.
    await file.writeFile(content);
    // Owner first: giving a file away takes set-id bits, and never opens it to more than its owner.
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode);
    await file.sync();
    return temporary;
  } catch (error) {
    await unlink(temporary);
    throw error;
  } finally {
    await file.close();
  }
}

/** Removes what a process left beside `path` when it was killed while writing there. Not to be called while another process writes the file. */
export async function removeLeftovers(path: string, rights: FileRights = {}): Promise<void> {
  await removeBeside(path, rights, () => true);
}

/** The same for what is so old that nobody can be writing it. Both times are those of the disk, which may have another clock. */
async function removeOldLeftovers(path: string, written: BigIntStats, rights: FileRights): Promise<void> {
  const now = Number(written.mtimeMs);
  // The folder may be one that is only to be written, and whoever writes here need not tidy up.
  await removeBeside(path, rights, ({ mtimeMs }) => mtimeMs < now - leftoverAgeMs).catch(() => undefined);
}

async function removeBeside(path: string, { owner }: FileRights, isLeft: (stats: Stats) => boolean): Promise<void> {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{16}$/.test(name.slice(prefix.length))) continue;
    const stats = await lstat(join(folder, name)).catch(() => undefined);
    const isOurs = stats?.isFile() === true && (stats.uid === process.getuid?.() || stats.uid === owner?.uid);
    if (isOurs && isLeft(stats)) await unlink(join(folder, name));
  }
}

/** Has the disk hold the names in a folder. What cannot be done (the folder may not be read, the file system knows no such thing) undoes nothing. */
async function keepNames(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
