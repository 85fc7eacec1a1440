import { lstat, readFile } from 'node:fs/promises';
import type { StateFolder } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { App } from './app-directory.ts';
import { isWellFormedAppKey, newAppKey, sha256Of } from './app-key.ts';
import { parseRule } from './rule.ts';

const name = 'local';
const keyFile = 'app.key';

/**
 * The app `local`, which may read the token `tokenName` and call all of the Management API. Its key is made once and kept in `app.key` of the
 * state folder, 0600 and without a line end, so that `curl -d client_secret@app.key` sends it as it is.
 *
 * @throws {AgentError} `app_key_unsafe`, `app_key_invalid`
 * @throws {ServiceError} `state_folder_unwritable`
 */
export async function openDefaultApp(folder: StateFolder, tokenName: string): Promise<{ app: App; keyPath: string }> {
  const keyPath = folder.file(keyFile);
  const key = (await readKey(keyPath)) ?? (await makeKey(folder));
  if (!isWellFormedAppKey(key)) {
    const step = `Remove ${keyPath}; a new key is made at the next start.`;
    throw new AgentError('app_key_invalid', `${keyPath} holds no app key`, { step });
  }
  const proxy = new Map([[tokenName, [parseRule('ANY /api/v2/**')]]]);
  return {
    app: { name, keys: [{ hash: sha256Of(key).toString('hex'), notAfter: undefined }], tokens: [tokenName], proxy, rate: undefined },
    keyPath,
  };
}

async function readKey(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stats === undefined) return undefined;
  const problem = !stats.isFile()
    ? 'is no plain file'
    : stats.uid !== process.getuid?.()
      ? 'belongs to another user'
      : (stats.mode & 0o077) !== 0
        ? 'may be read by others'
        : undefined;
  if (problem !== undefined) {
    const step = `Remove ${path}; a new key is made at the next start.`;
    throw new AgentError('app_key_unsafe', `The app key ${path} ${problem}`, { step });
  }
  return readFile(path, 'utf8');
}

/** Makes the key exactly once, also when two agents start together. */
async function makeKey(folder: StateFolder): Promise<string> {
  const { key } = newAppKey();
  if (await folder.placePrivate(keyFile, key)) return key;
  return (await readKey(folder.file(keyFile))) ?? '';
}
