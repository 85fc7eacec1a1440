import { chmod, lchown } from 'node:fs/promises';
import { formatListenAddress, type SocketAddress } from './listen-address.ts';
import { ServiceError } from './service-error.ts';
import { findSystemEntry } from './system-entry.ts';

/**
 * The number of a group named by name or number.
 * @throws {ServiceError} `address_invalid` where there is none of that name.
 */
export async function groupIdOf(group: string, address: SocketAddress): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const found = await findSystemEntry('group', group);
  if (found !== undefined) return found.id;
  throw new ServiceError('address_invalid', {
    problem: `This machine has no group \`${group}\``,
    place: formatListenAddress(address),
    step: 'Make the group, or name another one by its name or number.',
  });
}

/** Gives the socket at `path` to a group, then sets its mode. Nobody else may write in its folder, so that it is still our socket. */
export async function giveToGroup(path: string, gid: number, mode: number): Promise<void> {
  await lchown(path, process.getuid?.() ?? -1, gid);
  await chmod(path, mode);
}
