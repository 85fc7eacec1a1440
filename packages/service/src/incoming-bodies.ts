import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const streams = new WeakSet<IncomingMessage>();

/** Says that the body of `request` may take as long as it takes: it comes from somebody known, and is passed on as it comes. */
export function letStream(request: IncomingMessage): void {
  // What has no body needs no leave, and each garbage collection goes through all that is in a weak set.
  if (hasBody(request)) streams.add(request);
}

/** Whether a body that is not whole yet is one that has to come at once. */
export function isAwaited(request: IncomingMessage): boolean {
  return !request.complete && !streams.has(request);
}

/** What comes on one connection now; it stays with it, for a map of requests, each here for a moment, would keep the garbage collector from letting go of them. */
interface Incoming {
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  /** When something of the body came last, as far as that matters. */
  since: number;
  bytes: number;
}

/** The bodies on their way to one server. One must be there within a time; of one that may stream something must come within that time. */
export class IncomingBodies {
  readonly #limitMs: number;
  readonly #bySocket = new Map<Socket, Incoming>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** A request has come in at `now`, monotonic ms. The body of the one before it on its connection is then whole. */
  begin(request: IncomingMessage, response: ServerResponse, now: number): void {
    const { socket } = request;
    const incoming = this.#bySocket.get(socket) ?? this.#enter(socket);
    incoming.request = request;
    incoming.response = response;
    incoming.since = now;
    incoming.bytes = socket.bytesRead;
  }

  #enter(socket: Socket): Incoming {
    const incoming: Incoming = { request: undefined, response: undefined, since: 0, bytes: 0 };
    this.#bySocket.set(socket, incoming);
    socket.once('close', () => this.#bySocket.delete(socket));
    return incoming;
  }

  /** It has been answered or given up. */
  end(request: IncomingMessage): void {
    const incoming = this.#bySocket.get(request.socket);
    if (incoming?.request === request) forget(incoming);
  }

  /** Gives up, with 408, those that are too slow at `now`. */
  cutSlow(now: number): void {
    for (const [socket, incoming] of this.#bySocket) {
      const { request, response } = incoming;
      if (request === undefined) continue;
      if (request.complete || socket.destroyed) {
        forget(incoming);
        continue;
      }
      // As long as nobody reads, nothing can come.
      const goesOn = streams.has(request) && (socket.isPaused() || socket.bytesRead > incoming.bytes);
      if (goesOn) [incoming.since, incoming.bytes] = [now, socket.bytesRead];
      if (now - incoming.since < this.#limitMs) continue;
      forget(incoming);
      if (response?.headersSent === false) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
      socket.destroySoon();
    }
  }
}

function forget(incoming: Incoming): void {
  incoming.request = undefined;
  incoming.response = undefined;
}

/** Whether a request announces a body (RFC 9112 §6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
