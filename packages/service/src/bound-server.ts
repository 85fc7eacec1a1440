import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { BatchedResponse } from './batched-response.ts';
import { Connections, mostAtOnce } from './connections.ts';
import { hasBody, IncomingBodies } from './incoming-bodies.ts';
import { lingerAtEnd } from './lingering-end.ts';
import { QueuedResponses } from './queued-responses.ts';
import { type RefusedRequest, refuseUnreadable, tooManyAtOnce, tooManyConnections } from './refused-requests.ts';
import { atTurnEnd } from './turn-end.ts';

/** A key and a certificate (chain) for TLS, as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Limits that every server of ours keeps. */
export interface ServerLimits {
  readonly maxHeaderBytes: number;
  /**
   * Time within which a request body must be complete; of a body that may stream, time within which more of it must arrive. Also the time within which the
   * peer must read more of what is sent to it, where it is shorter than 30 s.
   */
  readonly requestTimeoutMs: number;
}

/** One node server that has not listened yet, with the bookkeeping that a clean close needs. */
export interface BoundServer {
  readonly server: Server;
  close(graceMs: number): Promise<void>;
}

/** Makes the server for one socket, with TLS where there is a `keyPair`. `connections` counts for the whole listener, which may have several servers. */
export function bindServer(
  handler: (req: IncomingMessage, res: ServerResponse) => void,
  options: {
    limits: ServerLimits;
    connections: Connections;
    keyPair: KeyPair | undefined;
    refuse: (response: ServerResponse, request: RefusedRequest) => void;
  },
): BoundServer {
  const { limits, connections, keyPair, refuse } = options;
  const sockets = new Set<Socket>();
  const queued = new QueuedResponses();
  const rawSockets = new Set<Socket>();
  const refused = new WeakSet<Socket>();
  const unreadable = new WeakSet<Socket>();
  const bodies = new IncomingBodies(limits.requestTimeoutMs);
  const lookEveryMs = Math.min(2_000, limits.requestTimeoutMs);
  const readTimeoutMs = Math.min(30_000, limits.requestTimeoutMs);
  let isClosing = false;

  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    const { socket } = req;
    const turn = connections.begin(socket, res);
    if (turn === 'ignore') return;
    // Node's parser drops what came with a request that offers another protocol, and would take the middle of the next request for its beginning.
    if (req.headers.upgrade !== undefined) connections.endAfterThis(socket);
    if (res.socket === null) queued.add(socket, res);
    const isComing = hasBody(req);
    if (isComing) bodies.begin(req, res, performance.now());
    res.on('close', () => {
      const isLast = connections.end(socket);
      if (isComing) bodies.end(req);
      // Node would keep the connection open for the next request, and close() would wait for it.
      if (isLast || (isClosing && connections.isIdle(socket))) socket.destroySoon();
    });
    if (turn === 'refuse') refuse(res, tooManyAtOnce(mostAtOnce));
    else if (refused.has(socket)) refuse(res, tooManyConnections(connections.limit));
    else handler(req, res);
  };

  const serverOptions = {
    ServerResponse: BatchedResponse,
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: Math.min(10_000, limits.requestTimeoutMs),
    // Of heads alone, for a whole body may take as long as it flows; `bodies` sees to the others.
    requestTimeout: 0,
    connectionsCheckingInterval: lookEveryMs,
    // Longer than the pools of common clients keep a connection, so that none of them writes into one that just closed.
    keepAliveTimeout: 72_000,
  };
  const server: Server =
    keyPair === undefined
      ? createServer(serverOptions, onRequest)
      : createTlsServer({ ...serverOptions, ...keyPair, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, onRequest);

  server.once('listening', () => {
    const look = setInterval(() => {
      const now = performance.now();
      bodies.cutSlow(now);
      connections.dropUnread(now, readTimeoutMs);
    }, lookEveryMs).unref();
    server.once('close', () => clearInterval(look));
  });
  // Node would answer 417 by itself. What nobody here knows may be passed over (RFC 9110 §10.1.1), and the request is one like any other.
  server.on('checkExpectation', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Node tells it again with all that follows, of which nobody has any use.
    if (unreadable.has(socket)) return;
    unreadable.add(socket);
    // The requests before it are answered; Node would end them with it.
    if (connections.endAfterAnswers(socket)) return;
    // Answers of this turn go first.
    atTurnEnd(() => {
      const isAnswered = connections.has(socket) && refuseUnreadable(socket, error.code, connections.lastResponse(socket));
      if (isAnswered) socket.destroySoon();
      else socket.destroy(error);
    });
  });
  // Node would drop what comes after 2000 headers unseen; `maxHeaderSize` bounds them.
  server.maxHeadersCount = 0;
  // A client beyond the limit is told so; beyond twice the limit there is no time for that. Unfinished handshakes are counted apart, up to the limit too.
  const limitAll = (): void => {
    server.maxConnections = (keyPair === undefined ? 2 : 3) * connections.limit;
  };
  limitAll();
  // The limit may change while the server runs. Node looks at its own before it tells of a connection, or that it has dropped one.
  server.on('connection', limitAll).on('drop', limitAll);
  server.on('connection', (socket: Socket) => {
    rawSockets.add(socket);
    socket.once('close', () => rawSockets.delete(socket));
  });
  const enter = (socket: Socket): void => {
    if (!connections.enter(socket, performance.now())) refused.add(socket);
    sockets.add(socket);
    lingerAtEnd(socket, () => (unreadable.has(socket) ? 'unreadable' : bodies.arrivingOn(socket)));
    socket.once('close', () => {
      sockets.delete(socket);
      queued.close(socket);
    });
  };
  const shaking = new Connections(() => connections.limit);
  if (keyPair === undefined) server.on('connection', enter);
  else admitAfterHandshake(server, shaking, enter);

  return {
    server,
    async close(graceMs) {
      isClosing = true;
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) if (connections.isIdle(socket)) socket.destroySoon();
      // A peer that has not ended its TLS handshake has asked for nothing. A health probe of the port never ends it.
      for (const socket of rawSockets) if (shaking.isIdle(socket)) socket.destroy();
      const deadline = setTimeout(() => {
        for (const socket of rawSockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(deadline);
    },
  };
}

/** Calls `enter` when a connection has ended its TLS handshake. Until then it is counted in `shaking`, where the oldest gives way to a new one. */
function admitAfterHandshake(server: Server, shaking: Connections, enter: (socket: Socket) => void): void {
  // Node does not tell which raw socket a TLS socket stands on, but both have the same peer.
  const byPeer = new Map<string, Socket>();
  const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    shaking.enter(socket, performance.now());
    byPeer.set(peer, socket);
    socket.once('close', () => {
      if (byPeer.get(peer) === socket) byPeer.delete(peer);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    const raw = byPeer.get(peerOf(socket));
    if (raw !== undefined) shaking.leave(raw);
    enter(socket);
  });
}
