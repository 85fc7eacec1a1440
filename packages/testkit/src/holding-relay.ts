import { createServer, type Socket, connect as socketTo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that can stand still: connections stay open, and nothing comes through. */
export interface HoldingRelay {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Connections that were made. */
  readonly connections: number;
  /** Nothing comes through from now on, also on new connections. */
  hold(): void;
  /** What was held comes through, and all that follows. */
  letGo(): void;
}

/** Opens a way to the server that `open` connects to. Ends with the test. */
export async function openHoldingRelay(open: () => Socket): Promise<HoldingRelay> {
  const sockets = new Set<Socket>();
  let isHolding = false;
  let connections = 0;
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    if (isHolding) from.pause();
    from.on('data', (data) => to.write(data));
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((client) => {
    connections += 1;
    const upstream = open();
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return {
    port,
    get connections() {
      return connections;
    },
    hold() {
      isHolding = true;
      for (const socket of sockets) socket.pause();
    },
    letGo() {
      isHolding = false;
      for (const socket of sockets) socket.resume();
    },
  };
}

/** How to connect to the database at `url`, which is one of a private PostgreSQL, and the relay that leads there. */
export async function openPostgresRelay(
  url: string,
): Promise<{ readonly relay: HoldingRelay; readonly config: { host: string; port: number; user: string; database: string } }> {
  const { pathname, searchParams, username } = new URL(url);
  const relay = await openHoldingRelay(() => socketTo(`${searchParams.get('host')}/.s.PGSQL.5432`));
  return { relay, config: { host: '127.0.0.1', port: relay.port, user: username, database: pathname.slice(1) } };
}
