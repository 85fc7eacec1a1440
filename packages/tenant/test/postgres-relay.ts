import { createServer, type Server, type Socket, connect as socketTo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a PostgreSQL that can stand still: connections stay open, and nothing comes through. */
export interface PostgresRelay {
  /** How to connect by this way. */
  readonly config: { host: string; port: number; user: string; database: string };
  /** Connections that were made. */
  readonly connections: number;
  /** Nothing comes through from now on, also on new connections. */
  hold(): void;
  /** What was held comes through, and all that follows. */
  letGo(): void;
}

/** Opens a way to the database at `url`, which is one of a private PostgreSQL. Ends with the test. */
export async function openRelay(url: string): Promise<PostgresRelay> {
  const { pathname, searchParams, username } = new URL(url);
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
  const server: Server = createServer((client) => {
    connections += 1;
    const database = socketTo(`${searchParams.get('host')}/.s.PGSQL.5432`);
    pass(client, database);
    pass(database, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return {
    config: { host: '127.0.0.1', port, user: username, database: pathname.slice(1) },
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
