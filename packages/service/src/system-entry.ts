import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A user or a group of the system. */
export interface SystemEntry {
  readonly id: number;
  /** A user's own group; undefined for a group. */
  readonly groupId: number | undefined;
}

/**
 * The user (`passwd`) or group (`group`) of this name or number, from the file in `/etc` or whatever else the system asks (LDAP, systemd); undefined
 * where there is none.
 */
export async function findSystemEntry(database: 'passwd' | 'group', wanted: string): Promise<SystemEntry | undefined> {
  const lines = await readFile(`/etc/${database}`, 'utf8').catch(() => '');
  return entryIn(lines, wanted) ?? entryIn(await askSystem(database, wanted), wanted);
}

/** The entry in lines of passwd(5) or group(5). */
function entryIn(lines: string, wanted: string): SystemEntry | undefined {
  for (const [name, , id, groupId] of lines.split('\n').map((line) => line.split(':'))) {
    if ((name === wanted || id === wanted) && id !== undefined && /^\d+$/.test(id)) {
      return { id: Number(id), groupId: groupId !== undefined && /^\d+$/.test(groupId) ? Number(groupId) : undefined };
    }
  }
  return undefined;
}

async function askSystem(database: string, wanted: string): Promise<string> {
  try {
    return (await promisify(execFile)('getent', [database, '--', wanted], { timeout: 5_000 })).stdout;
  } catch {
    // No such program, or no such entry.
    return '';
  }
}
