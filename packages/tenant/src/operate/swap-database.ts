import { constants } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What SQLite keeps beside a database; the second one is no state. */
const [journal, sharedMemory] = ['-wal', '-shm'] as const;

/**
 * Puts the SQLite database at `from` in the place of the one at `to`, in one step: whenever the process ends, one of the two stands there whole. Nobody may
 * have either open. What was at `to` is kept as `ASIDE.db`, or `ASIDE-2.db` where that is taken; answers the paths of what is kept.
 */
export async function swapDatabase(from: string, to: string, aside: string): Promise<readonly string[]> {
  if (!(await isOneFile(from))) throw new Error(`The journal of ${from} cannot be put into it.`);
  await flush(from);
  const kept = await keepAside(to, aside);
  // Whichever database it is found beside, SQLite takes a journal for its own.
  await rm(`${to}${journal}`, { force: true });
  await rm(`${to}${sharedMemory}`, { force: true });
  await rename(from, to);
  await flush(dirname(to));
  return kept;
}

async function keepAside(path: string, aside: string): Promise<string[]> {
  // One that is damaged is kept as it is, with its journal.
  const parts = (await isOneFile(path).catch(() => false)) ? [''] : ['', journal];
  for (let number = 1; ; number += 1) {
    const name = `${aside}${number === 1 ? '' : `-${number}`}.db`;
    try {
      const kept: string[] = [];
      for (const part of parts) if (await keep(`${path}${part}`, `${name}${part}`)) kept.push(`${name}${part}`);
      if (kept.length > 0) await flush(dirname(path));
      return kept;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Gives the file a second name; answers whether there is one. */
async function keep(path: string, name: string): Promise<boolean> {
  try {
    await link(path, name);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return false;
    if (code === 'EEXIST') throw error;
  }
  // Not every file system has links.
  await copyFile(path, name, constants.COPYFILE_EXCL);
  await flush(name);
  return true;
}

/** Writes the journal of a database into it; answers whether all of the database is in the one file then. Throws where it cannot be opened. */
async function isOneFile(path: string): Promise<boolean> {
  const { LibsqlConnection } = await import('../store/sqlite/libsql-connection.ts');
  // To open a file that is not there makes it.
  await (await open(path, 'r')).close();
  const connection = new LibsqlConnection(path);
  try {
    connection.pragma('busy_timeout = 5000');
    const [row] = connection.prepare('pragma wal_checkpoint(truncate)').all([]) as { busy?: number }[];
    return row?.busy === 0;
  } finally {
    connection.close();
  }
}

/** Has the disk hold what was written to a file, or the names in a folder. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
