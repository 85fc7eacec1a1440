import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * The numbers of a user and a group named by name or number, from `/etc/passwd` and `/etc/group` or whatever else the system asks (LDAP, systemd). Without
 * `owner` the user of this process, without `group` the owner's own one.
 * @throws {Error} that names the user or group which is not known.
 */
export async function ownerIds(
  owner: string | number | undefined,
  group: string | number | undefined,
): Promise<{ uid: number; gid: number } | undefined> {
  if (owner === undefined && group === undefined) return undefined;
  const user = owner === undefined ? undefined : await find('passwd', 'user', owner);
  const uid = user?.id ?? process.getuid?.() ?? 0;
  const gid = group === undefined ? (user?.groupId ?? process.getgid?.() ?? uid) : (await find('group', 'group', group)).id;
  return { uid, gid };
}

async function find(
  database: 'passwd' | 'group',
  what: string,
  wanted: string | number,
): Promise<{ id: number; groupId: number | undefined }> {
  const lines = await readFile(`/etc/${database}`, 'utf8').catch(() => '');
  const found = entryIn(lines, String(wanted)) ?? entryIn(await askSystem(database, String(wanted)), String(wanted));
  if (found !== undefined) return found;
  if (/^\d+$/.test(String(wanted))) return { id: Number(wanted), groupId: undefined };
  throw new Error(`this machine has no ${what} \`${wanted}\`; make it, or name another one by its name or number`);
}

/** The entry of this name or number in lines of passwd(5) or group(5). */
function entryIn(lines: string, wanted: string): { id: number; groupId: number | undefined } | undefined {
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
