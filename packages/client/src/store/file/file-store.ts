import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openToken, sealToken } from '../sealed-record.ts';
import type { StoredToken, TokenStore } from '../token-store.ts';

/** Where a file store lives and what seals it. */
export interface FileStoreOptions {
  /** Folder of its own, made with mode 0700 where it is missing. */
  readonly folder: string;
  /** 32 bytes that seal the tokens (AES-256-GCM); keep them elsewhere than in the folder. */
  readonly key: Uint8Array;
}

const SUFFIX = '.token';
/** A save that is under way, or was when its process died. */
const temporaryName = /^[0-9a-f]{64}\.token\.[0-9a-f]{12}\.tmp$/;

/**
 * A store of sealed files, one a token, 0600 in a folder 0700. A save is whole or not there (temporary file, fsync, rename), also through a
 * crash. Node only.
 * @throws {TypeError} where the key has not 32 bytes. @throws {Error} where the folder cannot be made, is a link, or is not private to this user.
 */
export async function openFileStore({ folder: given, key }: FileStoreOptions): Promise<TokenStore> {
  if (!(key instanceof Uint8Array) || key.byteLength !== 32) throw new TypeError('`key` must be 32 bytes.');
  // With no slash at its end: the system follows a link that one ends.
  const folder = resolve(given);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { isDirectory, mode, uid } = await lstat(folder).then((found) => ({
    isDirectory: found.isDirectory(),
    mode: found.mode,
    uid: found.uid,
  }));
  if (!isDirectory) throw new Error(`${folder} is no folder (a link is not followed); name another place for the tokens.`);
  if (uid !== currentUser()) throw new Error(`${folder} belongs to another user; name another place for the tokens, or change its owner.`);
  if ((mode & 0o077) !== 0) throw new Error(`${folder} is open to other users; run: chmod 700 ${folder}`);
  await removeLeftovers(folder);
  return new FileStore(folder, key);
}

class FileStore implements TokenStore {
  readonly #folder: string;
  readonly #key: Uint8Array;

  constructor(folder: string, key: Uint8Array) {
    this.#folder = folder;
    this.#key = key;
  }

  async load(key: string): Promise<StoredToken | undefined> {
    const record = await readOwnFile(this.#path(key));
    return record === undefined ? undefined : openToken(record, key, this.#key);
  }

  async save(key: string, token: StoredToken): Promise<void> {
    const path = this.#path(key);
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(sealToken(token, key, this.#key));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(this.#folder);
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #path(key: string): string {
    // The key becomes a file name: nothing but what the interface promises may get that far.
    if (!/^[0-9a-f]{64}$/.test(key)) throw new TypeError('A key is 64 hex digits.');
    return join(this.#folder, key + SUFFIX);
  }
}

/** The content of a regular file of ours; undefined where it is missing, a link or another user's. */
async function readOwnFile(path: string): Promise<Uint8Array | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    // A pipe that nobody writes to would hold up the open, and with it a thread that other files wait for.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.uid !== currentUser() || stats.size > 1_048_576) return undefined;
    return await file.readFile();
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Temporary files of a process that died in the middle of a save. A living one's save only fails and is reported. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (temporaryName.test(name)) await rm(join(folder, name), { force: true });
  }
}

/** Windows knows no such number: there a file's owner reads as 0, and so does this. */
function currentUser(): number {
  return process.getuid?.() ?? 0;
}
