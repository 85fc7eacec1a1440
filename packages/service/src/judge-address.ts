import { createSecureContext } from 'node:tls';
import { formatListenAddress, type ListenAddress, remoteProblemOf } from './listen-address.ts';
import { keyPairFor, type ListenerOptions, unusableCertificate } from './listener.ts';
import { ServiceError } from './service-error.ts';
import { groupIdOf } from './socket-group.ts';
import { judgeSocketPath } from './unix-socket.ts';

/**
 * Checks an address as far as that is possible without listening: whether this process may use it, its certificate, and for a unix socket its group, its
 * folder and what stands at its path.
 * @throws {ServiceError} as `openListeners` does, except that it cannot tell whether another program has the address.
 */
export async function judgeListenAddress(
  address: ListenAddress,
  options: Pick<ListenerOptions, 'certificate' | 'names' | 'allowRemote'>,
): Promise<void> {
  const remote = remoteProblemOf(address, options.allowRemote ?? false);
  if (remote !== undefined) throw new ServiceError('address_invalid', { ...remote, place: formatListenAddress(address) });
  if (address.kind === 'unix') {
    if (address.group !== undefined) await groupIdOf(address.group, address);
    await judgeSocketPath(address.path);
  }
  if (address.kind !== 'https') return;
  const keyPair = await keyPairFor(address, options);
  try {
    createSecureContext({ ...keyPair, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw unusableCertificate(address, error);
  }
}
