import { readPrivateFile, ServiceError, type StateFolder } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import { sha256Of } from '../sha256.ts';
import type { App } from './app-directory.ts';
import { isWellFormedAppKey, newAppKey } from './app-key.ts';
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
    throw new AgentError('app_key_invalid', { problem: 'The file of the app key holds something else', place: keyPath, step });
  }
  const proxy = new Map([[tokenName, [parseRule('ANY /api/v2/**')]]]);
  return {
    app: { name, keys: [{ hash: sha256Of(key).toString('hex'), notAfter: undefined }], tokens: [tokenName], proxy, rate: undefined },
    keyPath,
  };
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readPrivateFile(path);
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    const step = `Remove ${path}; a new key is made at the next start.`;
    throw new AgentError('app_key_unsafe', { problem: `The app key cannot be used. ${cause.problem}`, place: path, step, cause });
  }
}

/** Makes the key exactly once, even when two agents start at the same time. */
async function makeKey(folder: StateFolder): Promise<string> {
  const { key } = newAppKey();
  if (await folder.placePrivate(keyFile, key)) return key;
  return (await readKey(folder.file(keyFile))) ?? '';
}
