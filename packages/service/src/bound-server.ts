import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';

/** A key and a certificate (chain) for TLS, as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Limits that every server of ours keeps. */
export interface ServerLimits {
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
  readonly requestTimeoutMs: number;
}

/** One node server that has not listened yet, with the bookkeeping that a clean close needs. */
export interface BoundServer {
  readonly server: Server;
  close(graceMs: number): Promise<void>;
}

/** Makes the server for one socket; TLS where there is a `keyPair`. `connections` counts those of one listener over its servers. */
export function bindServer(
  handler: (req: IncomingMessage, res: ServerResponse) => void,
  options: { limits: ServerLimits; connections: Set<Socket>; keyPair: KeyPair | undefined },
): BoundServer {
  const { limits, connections, keyPair } = options;
  const running = new Map<Socket, number>();
  const rawSockets = new Set<Socket>();
  const refused = new WeakSet<Socket>();
  let isClosing = false;

  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    const { socket } = req;
    running.set(socket, (running.get(socket) ?? 0) + 1);
    res.once('close', () => {
      const left = (running.get(socket) ?? 1) - 1;
      running.set(socket, left);
      // Node would keep the connection open for the next request, and close() would wait for it.
      if (isClosing && left === 0) socket.destroySoon();
    });
    if (refused.has(socket)) refuseForTooMany(res, limits.maxConnections);
    else handler(req, res);
  };

  const serverOptions = {
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: Math.min(10_000, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: 2_000,
    // Longer than the pools of common clients keep a connection, so that none of them writes into one that just closed.
    keepAliveTimeout: 72_000,
  };
  const server: Server =
    keyPair === undefined
      ? createServer(serverOptions, onRequest)
      : createTlsServer({ ...serverOptions, ...keyPair, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, onRequest);

  // Node would drop what comes after 2000 headers unseen; `maxHeaderSize` bounds them.
  server.maxHeadersCount = 0;
  // Beyond the limit a client is told so; beyond twice the limit there is no time for that.
  server.maxConnections = 2 * limits.maxConnections;
  server.on('connection', (socket: Socket) => {
    rawSockets.add(socket);
    socket.once('close', () => rawSockets.delete(socket));
  });
  server.on(keyPair === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (connections.size >= limits.maxConnections) refused.add(socket);
    connections.add(socket);
    running.set(socket, 0);
    socket.once('close', () => {
      connections.delete(socket);
      running.delete(socket);
    });
  });

  return {
    server,
    async close(graceMs) {
      isClosing = true;
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const [socket, count] of running) if (count === 0) socket.destroySoon();
      const deadline = setTimeout(() => {
        for (const socket of rawSockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(deadline);
    },
  };
}

function refuseForTooMany(res: ServerResponse, limit: number): void {
  const problem = {
    title: 'Too many connections',
    status: 429,
    detail: `At most ${limit} connections are served at once. Reuse them, and try again.`,
  };
  res.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '1', connection: 'close' }).end(JSON.stringify(problem));
}
