import { findSystemEntry, type SystemEntry } from '@evertoken/service';

/**
 * The numbers of a user and a group, each given by name or number. Default: the user of this process, and the owner's own group.
 * @throws {Error} that names the user or group which is not known.
 */
export async function ownerIds(
  owner: string | number | undefined,
  group: string | number | undefined,
): Promise<{ uid: number; gid: number } | undefined> {
  if (owner === undefined && group === undefined) return undefined;
  const user = owner === undefined ? undefined : await find('passwd', 'user', String(owner));
  const uid = user?.id ?? process.getuid?.() ?? 0;
  const gid = group === undefined ? (user?.groupId ?? process.getgid?.() ?? uid) : (await find('group', 'group', String(group))).id;
  return { uid, gid };
}

async function find(database: 'passwd' | 'group', what: string, wanted: string): Promise<SystemEntry> {
  const found = await findSystemEntry(database, wanted);
  if (found !== undefined) return found;
  if (/^\d+$/.test(wanted)) return { id: Number(wanted), groupId: undefined };
  throw new Error(`this machine has no ${what} \`${wanted}\`; make it, or name another one by its name or number`);
}
