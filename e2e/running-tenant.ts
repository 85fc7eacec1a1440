import { connect, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { createLog, openLocalCa, openStateFolder } from '@evertoken/service';
import { startTenant, type Tenant } from '@evertoken/tenant';
import { gatherLog } from './printed-logs.ts';

/** A real tenant in this process, whose log tells what it issued. */
export interface RunningTenant {
  readonly tenant: Tenant;
  /** Path of the CA its certificate comes from. */
  readonly caPath: string;
  /** Token requests that it answered, well or badly. */
  tokenRequests(): number;
  /** Variables with which `evertoken start` uses it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a tenant with its state in `home`; `domain` where it is reached under another port than it listens on. */
export async function runTenant(
  home: string,
  options: { port: number; domain?: string; tokenLifetimeSeconds?: number },
): Promise<RunningTenant> {
  const { port, ...rest } = options;
  const folder = await openStateFolder(home);
  const ca = await openLocalCa(folder);
  let answered = 0;
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      gatherLog('the tenant', chunk.toString());
      answered += chunk.toString().match(/"event":"token\.(?:issued|refused)"/g)?.length ?? 0;
      done();
    },
  });
  const log = createLog({ program: 'tenant', pretty: false, destination });
  const tenant = await startTenant({
    folder,
    listen: { kind: 'https', host: 'localhost', port },
    certificate: ca.serverCertificate,
    log,
    ...rest,
  });
  const { clientId, clientSecret } = tenant.application;
  return {
    tenant,
    caPath: ca.certificatePath,
    tokenRequests: () => answered,
    env: {
      AUTH0_DOMAIN: tenant.domain,
      AUTH0_CLIENT_ID: clientId,
      AUTH0_CLIENT_SECRET: clientSecret,
      NODE_EXTRA_CA_CERTS: ca.certificatePath,
    },
  };
}

/** A wire to a TLS server that holds requests back. */
export interface HoldableWire {
  /** When each request that is held came, on the clock of `performance.now()`. */
  held(): readonly number[];
  /** Passes on what is held and all that comes. */
  open(): void;
  /** Cuts the connections that are held. */
  drop(): void;
  close(): Promise<void>;
}

/**
 * A wire to `target` on this machine, held shut until it is opened: connections come about, and nothing after the first bytes, which begin the
 * handshake of TLS 1.3, passes. So the client is connected, and waits for its answer.
 */
export async function holdableWire(port: number, target: number): Promise<HoldableWire> {
  const waiting = new Map<Socket, { since: number; onward: Socket }>();
  const all = new Set<Socket>();
  let isOpen = false;
  const server = createServer((socket) => {
    const onward = connect(target, 'localhost');
    for (const end of [socket, onward]) {
      all.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        waiting.delete(socket);
        socket.destroy();
        onward.destroy();
      });
    }
    onward.pipe(socket);
    socket.once('data', (hello: Buffer) => {
      onward.write(hello);
      if (isOpen) {
        socket.pipe(onward);
      } else {
        socket.pause();
        waiting.set(socket, { since: performance.now(), onward });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve));
  return {
    held: () => [...waiting.values()].map(({ since }) => since),
    open: () => {
      isOpen = true;
      for (const [socket, { onward }] of waiting) socket.pipe(onward);
      waiting.clear();
    },
    drop: () => {
      for (const socket of waiting.keys()) socket.destroy();
      waiting.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of all) socket.destroy();
      }),
  };
}
