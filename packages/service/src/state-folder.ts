import { randomBytes } from 'node:crypto';
import { access, chmod, constants, lstat, mkdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { readPrivateFile } from './private-file.ts';
import { readRegularFile } from './regular-file.ts';
import { placeFile, replaceFile } from './replace-file.ts';
import { ServiceError, systemCodeOf } from './service-error.ts';

/**
 * The folder where a process keeps what must survive it. No other user may look into it. Paths given to it are relative; one that leads out of the folder
 * throws a `TypeError`.
 */
export interface StateFolder {
  /** Absolute. */
  readonly path: string;
  /** Absolute path of something inside; touches no disk. */
  file(...segments: string[]): string;
  /** Makes the folder, and those above it, with mode 0700 if need be; answers its absolute path. */
  folder(...segments: string[]): Promise<string>;
  /** Writes a file at once and whole, mode 0600; answers its absolute path. */
  writePrivate(relative: string, content: string | Uint8Array): Promise<string>;
  /** Writes a file in the same way unless one is there already; answers whether it did. Of several processes at once exactly one does. */
  placePrivate(relative: string, content: string): Promise<boolean>;
  /** UTF-8 content of a file; undefined where there is none. */
  read(relative: string): Promise<string | undefined>;
}

/**
 * Opens the folder, or makes it, with mode 0700 and a `.gitignore` that keeps all of it out of git. An existing folder of ours that is open to
 * others is closed to them.
 * @throws {ServiceError} `state_folder_unsafe` for a link, a foreign owner or something that is no folder; `state_folder_unwritable`.
 */
export async function openStateFolder(path: string): Promise<StateFolder> {
  const root = resolve(path);
  await makePrivateFolder(root);
  await attempt(root, async () => {
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
    await placeFile(join(root, '.gitignore'), '*\n');
  });

  const file = (...segments: string[]): string => {
    const inside = resolve(root, ...segments);
    if (inside !== root && !inside.startsWith(root + sep)) throw new TypeError(`${segments.join('/')} leads out of the state folder`);
    return inside;
  };
  return Object.freeze<StateFolder>({
    path: root,
    file,
    async folder(...segments) {
      const names = file(...segments)
        .slice(root.length)
        .split(sep)
        .filter(Boolean);
      let folder = root;
      for (const name of names) {
        folder = join(folder, name);
        await makePrivateFolder(folder);
      }
      return folder;
    },
    async writePrivate(relative, content) {
      const target = file(relative);
      await attempt(target, () => replaceFile(target, content));
      return target;
    },
    async placePrivate(relative, content) {
      const target = file(relative);
      return await attempt(target, () => placeFile(target, content));
    },
    async read(relative) {
      try {
        return await readRegularFile(file(relative));
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
  });
}

/**
 * Reads a secret of `bytes` random bytes from a file that holds it as base64url. It is made on first use, once even when several processes start together.
 * @throws {ServiceError} `state_folder_unsafe` where the file is a link, another's, open to others, or holds no such secret; `state_folder_unwritable`.
 */
export async function privateKeyFile(folder: StateFolder, relative: string, bytes: number): Promise<Buffer> {
  const path = folder.file(relative);
  let text = await readPrivateFile(path);
  if (text === undefined) {
    await attempt(path, () => placeFile(path, randomBytes(bytes).toString('base64url')));
    text = (await readPrivateFile(path)) ?? '';
  }
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === bytes && key.toString('base64url') === text.trim()) return key;
  throw new ServiceError('state_folder_unsafe', {
    problem: `A key file does not hold ${bytes} bytes as base64url`,
    place: path,
    step: 'Put the right file back from a backup. Without one, remove it and everything it sealed beside it, and start again.',
  });
}

async function makePrivateFolder(path: string): Promise<void> {
  await attempt(path, () => makeFolders(path));
  const stats = await attempt(path, () => lstat(path));
  if (!stats.isDirectory()) {
    const problem = stats.isSymbolicLink() ? 'The state folder must not be a symbolic link' : 'The state folder is no folder';
    throw new ServiceError('state_folder_unsafe', { problem, place: path, step: 'Remove it, or choose another folder.' });
  }
  if (stats.uid !== process.getuid?.()) {
    throw new ServiceError('state_folder_unsafe', {
      problem: `The state folder belongs to another user (uid ${stats.uid})`,
      place: path,
      step: 'Run this program as that user, or choose another folder.',
    });
  }
  if ((stats.mode & 0o077) !== 0) await attempt(path, () => chmod(path, 0o700));
}

// Not mkdir's `recursive`: on Node 20 it never returns where a file system answers ENOENT below an existing folder, as /proc does.
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      // Another process was quicker.
      if (systemCodeOf(error) !== 'EEXIST') throw error;
    });
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      const problem = 'The state folder, or one above it, is no folder';
      throw new ServiceError('state_folder_unsafe', { problem, place: path, step: 'Remove it, or choose another folder.', cause: error });
    }
    throw new ServiceError('state_folder_unwritable', {
      problem: `The state folder cannot be written${code === undefined ? '' : ` (${code})`}`,
      place: path,
      step: code === 'ENOSPC' ? 'Make room on the disk.' : 'Make it writable for the user who runs this program, or choose another folder.',
      cause: error,
    });
  }
}
