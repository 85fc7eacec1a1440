import { randomBytes } from 'node:crypto';
import { chown, lstat, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TokenFileConfig } from '../config/agent-config.ts';
import type { CheckFinding } from './check-finding.ts';

/** Whether a token can be put into its file: writes and removes another one beside it, with the mode and owner that it is to have. */
export async function checkTokenFile(file: TokenFileConfig): Promise<CheckFinding> {
  const { path, mode, owner } = file;
  const stats = await lstat(path).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) {
    const what = stats.isSymbolicLink() ? 'is a symbolic link' : 'is no plain file';
    return { area: 'files', subject: path, level: 'problem', what, step: 'Remove it, or name another path under `files:`.' };
  }
  return await tryWriting('files', path, mode, owner);
}

/** Whether the audit file can be made, or added to. */
export async function checkAuditFile(path: string): Promise<CheckFinding> {
  const isThere = (await lstat(path).catch(() => undefined)) !== undefined;
  if (!isThere) return await tryWriting('audit', path, 0o600, undefined);
  try {
    await (await open(path, 'a')).close();
    return { area: 'audit', subject: path, level: 'ok', what: 'can be added to' };
  } catch (error) {
    return unwritable('audit', path, error);
  }
}

async function tryWriting(area: 'files' | 'audit', path: string, mode: number, owner: TokenFileConfig['owner']): Promise<CheckFinding> {
  const probe = join(dirname(path), `.evertoken-check-${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(probe, 'wx', mode);
    try {
      if (owner !== undefined) await chown(probe, owner.uid, owner.gid);
    } finally {
      await file.close();
      await unlink(probe);
    }
    return { area, subject: path, level: 'ok', what: 'can be written' };
  } catch (error) {
    return unwritable(area, path, error);
  }
}

function unwritable(area: 'files' | 'audit', path: string, error: unknown): CheckFinding {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const what = syscall === 'chown' ? `cannot be given to that owner (${code})` : `cannot be written (${code})`;
  const step =
    code === 'ENOENT'
      ? `Make the folder ${dirname(path)}, writable for this user alone.`
      : syscall === 'chown'
        ? 'Run the agent as a user who may give files to that owner, or leave `owner` and `group` out.'
        : `Make ${dirname(path)} writable for this user, or name another path.`;
  return { area, subject: path, level: 'problem', what, step };
}
