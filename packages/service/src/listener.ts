import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { type BoundServer, bindServer, type KeyPair } from './bound-server.ts';
import { Connections } from './connections.ts';
import { type DescriptorShares, ownShares } from './descriptor-shares.ts';
import { formatListenAddress, type ListenAddress, remoteProblemOf, type SocketAddress } from './listen-address.ts';
import { type RefusedRequest, refuseAsProblem } from './refused-requests.ts';
import { ServiceError, systemCodeOf } from './service-error.ts';
import { giveToGroup, groupIdOf } from './socket-group.ts';
import { claimSocketPath, judgeSocketPath, listenAtSocket, nameBeside, placeSocket } from './unix-socket.ts';

/** What `openListeners` needs beside the addresses. */
export interface ListenerOptions {
  /** Answers the requests of all listeners; `address` tells through which one a request came, with its actual port. */
  readonly handler: (req: IncomingMessage, res: ServerResponse, address: ListenAddress) => void;
  /** Gives key and certificate for an https address that peers reach by these names, PEM. Called again every `renewCertificateMs`, so that a short-lived certificate never expires in use. */
  readonly certificate?: (hosts: string[]) => Promise<{ key: string; cert: string }>;
  /** Names by which peers come to https addresses beside their hosts, for `certificate`; read each time it is called. Default: none. */
  readonly names?: () => readonly string[];
  /**
   * Most connections of one listener. Beyond them the connection is dropped that has been idle, has not completed its request, or has left its answer
   * unread, for longest. Where all are busy, the request of a new one is answered with 429. Default 256. Where that would be more than a quarter of the file
   * descriptors that the process may have, counted over all its listeners, each has its part of that quarter. Connections that have not ended their TLS
   * handshake are counted apart, up to the same number.
   */
  readonly maxConnections?: number;
  /** Of which file descriptors this listener has its part. Default: those that the process may have. */
  readonly descriptors?: DescriptorShares;
  /**
   * Answers a request that is not handed to the handler, because there are too many connections, or too many requests at once on one, with 429 and the headers
   * that it is given. The request is `response.req`, `address` as for the handler. Default: as problem details (RFC 9457).
   */
  readonly refuse?: (response: ServerResponse, request: RefusedRequest, address: ListenAddress) => void;
  /** Default 16 384. */
  readonly maxHeaderBytes?: number;
  /**
   * Time within which the body of a request must be complete. Where the handler has called `letStream`, time within which more of it must arrive.
   * Default 60 000. The head must be complete within 10 s, and more of the answer be read within 30 s, or within this time where it is shorter.
   */
  readonly requestTimeoutMs?: number;
  /** How often the certificate is asked for again, ms. Default 24 h. */
  readonly renewCertificateMs?: number;
  /** Whether other machines may come; over https alone. Default false. */
  readonly allowRemote?: boolean;
  /**
   * Whether a unix socket takes the place of one that this process listens on, which is to be closed next: at no moment nobody listens there. Default false:
   * its path must be free.
   */
  readonly takesOver?: boolean;
  /** Called with a failure that belongs to no request: a certificate could not be renewed, or a listening socket failed. The listener goes on. */
  readonly onError: (error: unknown, address: ListenAddress) => void;
}

/** One address that is listened on. */
export interface Listener {
  readonly address: ListenAddress;
  /** Asks for the certificate again and takes it for every connection from then on. @throws {ServiceError} `certificate_invalid`; the old one stays. */
  renewCertificate(): Promise<void>;
  close(graceMs: number): Promise<void>;
}

const dayMs = 86_400_000;
/** How long a socket that has lost its place to another one goes on to be listened on, ms. */
const takeOverMs = 50;
// How often another free port is tried when the one found on 127.0.0.1 is taken on ::1.
const freePortAttempts = 8;

/** Listens on one address. See `openListeners` for what it promises. */
export async function openListener(address: ListenAddress, options: ListenerOptions): Promise<Listener> {
  const remote = remoteProblemOf(address, options.allowRemote ?? false);
  if (remote !== undefined) throw new ServiceError('address_invalid', { ...remote, place: formatListenAddress(address) });
  const limits = {
    maxHeaderBytes: options.maxHeaderBytes ?? 16_384,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
  };
  const { maxConnections = 256, refuse = refuseAsProblem, descriptors = ownShares } = options;
  const connections = new Connections(() => Math.min(maxConnections, descriptors.connections));
  const keyPair = address.kind === 'https' ? await keyPairFor(address, options) : undefined;
  let actual = address;
  const bind = (): BoundServer => {
    try {
      return bindServer((req, res) => options.handler(req, res, actual), {
        limits,
        connections,
        keyPair,
        refuse: (res, refused) => refuse(res, refused, actual),
      });
    } catch (error) {
      throw unusableCertificate(address, error);
    }
  };
  // Before it listens: the first connections find their limit.
  const leaveShares = descriptors.join();
  const servers = await openServers(address, bind, options.takesOver ?? false).catch((error: unknown) => {
    leaveShares();
    throw error;
  });
  if (address.kind !== 'unix') actual = { ...address, port: portOf(servers[0]?.server) };

  for (const { server } of servers) server.on('error', (error) => options.onError(error, actual));
  const renewCertificate = async (): Promise<void> => {
    if (actual.kind !== 'https') return;
    const renewed = await keyPairFor(actual, options);
    try {
      for (const { server } of servers) if (server instanceof TlsServer) server.setSecureContext({ ...renewed, minVersion: 'TLSv1.2' });
    } catch (error) {
      throw unusableCertificate(actual, error);
    }
  };
  const tell = (error: unknown): void => options.onError(error, actual);
  const renewal =
    actual.kind === 'https'
      ? setInterval(() => void renewCertificate().catch(tell), options.renewCertificateMs ?? dayMs).unref()
      : undefined;
  return {
    address: actual,
    renewCertificate,
    async close(graceMs) {
      clearInterval(renewal);
      leaveShares();
      await Promise.all(servers.map((server) => server.close(graceMs)));
    },
  };
}

async function openServers(address: ListenAddress, bind: () => BoundServer, takesOver: boolean): Promise<BoundServer[]> {
  if (address.kind === 'unix') return [await openSocket(address, bind(), takesOver)];
  return await openPorts(address.host, address.port, bind, address);
}

/** A socket listens under another name until all about it is right, and then gets its place in one step. */
async function openSocket(address: SocketAddress, bound: BoundServer, takesOver: boolean): Promise<BoundServer> {
  const { path, mode, group } = address;
  const gid = group === undefined ? undefined : await groupIdOf(group, address);
  let leavePlace: () => void = () => undefined;
  const takePlace = async (): Promise<void> => {
    const beside = await nameBeside(path);
    // Nobody but this user may connect before the group is the right one.
    const first = gid === undefined ? mode : mode & 0o700;
    await listening(bound.server, address, () => listenAtSocket(bound.server, beside, first));
    try {
      if (gid !== undefined) await giveOver(beside, gid, address);
      leavePlace = await placeSocket(beside, path);
    } catch (error) {
      await bound.close(0);
      throw error instanceof ServiceError ? error : whyNotListening(error as Error, address);
    }
  };
  if (takesOver) {
    await judgeSocketPath(path);
    await takePlace();
    // Who has just found the one before by its name has come in there by then.
    await delay(takeOverMs);
  } else await claimSocketPath(path, takePlace);
  return {
    server: bound.server,
    close(graceMs) {
      leavePlace();
      return bound.close(graceMs);
    },
  };
}

async function giveOver(path: string, gid: number, address: SocketAddress): Promise<void> {
  try {
    await giveToGroup(path, gid, address.mode);
  } catch (cause) {
    throw new ServiceError('address_unavailable', {
      problem: `The unix socket cannot be given to the group ${address.group} (${systemCodeOf(cause)})`,
      place: formatListenAddress(address),
      step: `Add the user who runs this program to the group, or leave \`group\` out.`,
      cause,
    });
  }
}

async function openPorts(host: string, port: number, bind: () => BoundServer, address: ListenAddress): Promise<BoundServer[]> {
  const listen = async (host: string, port: number): Promise<BoundServer> => {
    const bound = bind();
    await listening(bound.server, address, () => bound.server.listen({ host, port, exclusive: true }));
    return bound;
  };
  if (host !== 'localhost') return [await listen(host, port)];

  for (let attempt = 1; ; attempt += 1) {
    const first = await listen('127.0.0.1', port);
    try {
      return [first, await listen('::1', portOf(first.server))];
    } catch (error) {
      const cause = error instanceof ServiceError ? error.cause : undefined;
      // No IPv6 on this machine: 127.0.0.1 is all that localhost can mean.
      if (['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(systemCodeOf(cause) ?? '')) return [first];
      await first.close(0);
      const isUnlucky = port === 0 && systemCodeOf(cause) === 'EADDRINUSE' && attempt < freePortAttempts;
      if (!isUnlucky) throw error;
    }
  }
}

function listening(server: Server, address: ListenAddress, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(whyNotListening(error, address));
    server.once('error', onError);
    server.once('listening', () => {
      server.off('error', onError);
      resolve();
    });
    listen();
  });
}

function whyNotListening(cause: Error, address: ListenAddress): ServiceError {
  const code = systemCodeOf(cause);
  const place = formatListenAddress(address);
  if (address.kind === 'unix') {
    if (code === 'EADDRINUSE') {
      const problem = 'Another program listens on this unix socket';
      return new ServiceError('socket_taken', { problem, place, step: 'Stop that program or choose another path.', cause });
    }
    const problem = `The unix socket cannot be made (${code})`;
    const step = 'Make its folder writable for the user who runs this program or choose another path.';
    return new ServiceError('address_unavailable', { problem, place, step, cause });
  }
  if (code === 'EADDRINUSE') {
    const problem = `Port ${address.port} on ${address.host} is taken`;
    return new ServiceError('port_taken', { problem, place, step: 'Stop the program that listens there or choose another port.', cause });
  }
  const step =
    code === 'EACCES'
      ? 'Choose a port from 1024 on, or allow this program to use lower ones.'
      : 'Choose an address that this machine has, such as 127.0.0.1.';
  return new ServiceError('address_unavailable', { problem: `The system does not let us listen here (${code})`, place, step, cause });
}

/** The key pair for `address`. @throws {ServiceError} `certificate_invalid` where `options` have no certificate; and whatever that one throws. */
export async function keyPairFor(
  address: ListenAddress & { host: string },
  { certificate, names }: Pick<ListenerOptions, 'certificate' | 'names'>,
): Promise<KeyPair> {
  // Nobody comes to the address that stands for all of them.
  const hosts = ['0.0.0.0', '::'].includes(address.host) ? ['localhost', address.host] : [address.host];
  if (certificate !== undefined) return await certificate([...hosts, ...(names?.() ?? [])]);
  throw new ServiceError('certificate_invalid', {
    problem: 'An https address needs a certificate and none is given',
    place: formatListenAddress(address),
    step: 'Give a certificate, or listen on http.',
  });
}

/** The error for a certificate of `address` that TLS does not accept. */
export function unusableCertificate(address: ListenAddress, cause: unknown): ServiceError {
  return new ServiceError('certificate_invalid', {
    problem: 'The certificate or its key cannot be used',
    place: formatListenAddress(address),
    step: 'Give a PEM certificate and the private key that belongs to it.',
    cause,
  });
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | null)?.port ?? 0;
}
