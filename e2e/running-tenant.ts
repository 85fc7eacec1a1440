import { connect, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { createLog, openLocalCa, openStateFolder } from '@evertoken/service';
import { startTenant, type Tenant } from '@evertoken/tenant';

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

/** A wire to `target` on this machine that can be held shut: connections are taken but nothing passes until it is opened. */
export async function holdableWire(port: number, target: number): Promise<{ open(): void; held(): number; close(): Promise<void> }> {
  const waiting: Socket[] = [];
  const all = new Set<Socket>();
  let isOpen = false;
  const join = (socket: Socket) => {
    const onward = connect(target, 'localhost');
    all.add(onward);
    for (const end of [socket, onward]) {
      end.on('error', () => undefined);
      end.on('close', () => {
        socket.destroy();
        onward.destroy();
      });
    }
    socket.pipe(onward).pipe(socket);
  };
  const server = createServer((socket) => {
    all.add(socket);
    if (isOpen) join(socket);
    else waiting.push(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve));
  return {
    open: () => {
      isOpen = true;
      for (const socket of waiting.splice(0)) join(socket);
    },
    held: () => waiting.length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of all) socket.destroy();
      }),
  };
}
