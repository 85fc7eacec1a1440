import { execFile } from 'node:child_process';
import { chmod, lchown, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { formatListenAddress, type SocketAddress } from './listen-address.ts';
import { ServiceError } from './service-error.ts';

/**
 * The number of a group named by name or number, from `/etc/group` or whatever else the system asks (LDAP, systemd).
 * @throws {ServiceError} `address_invalid` where there is none of that name.
 */
export async function groupIdOf(group: string, address: SocketAddress): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const id = gidIn(await readFile('/etc/group', 'utf8').catch(() => ''), group) ?? gidIn(await askSystem(group), group);
  if (id !== undefined) return id;
  throw new ServiceError('address_invalid', {
    problem: `This machine has no group \`${group}\``,
    place: formatListenAddress(address),
    step: 'Make the group, or name another one by its name or number.',
  });
}

/** Gives the socket at `path` to a group, then to those that `mode` says. Its folder is one that nobody else may write in, so that it is still ours. */
export async function giveToGroup(path: string, gid: number, mode: number): Promise<void> {
  await lchown(path, process.getuid?.() ?? -1, gid);
  await chmod(path, mode);
}

/** Group of this name in lines of group(5). */
function gidIn(lines: string, group: string): number | undefined {
  const fields = lines.split('\n').map((line) => line.split(':'));
  const id = fields.find(([name]) => name === group)?.[2];
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : undefined;
}

async function askSystem(group: string): Promise<string> {
  try {
    return (await promisify(execFile)('getent', ['group', '--', group], { timeout: 5_000 })).stdout;
  } catch {
    // No such program, or no such group.
    return '';
  }
}
