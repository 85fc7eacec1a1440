import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const streams = new WeakSet<IncomingMessage>();

/** Lets the body of `request` take as long as it needs. For a known caller whose body is passed on as it arrives. */
export function letStream(request: IncomingMessage): void {
  // What has no body needs no leave, and each garbage collection goes through all that is in a weak set.
  if (hasBody(request)) streams.add(request);
}

/** Whether the body of `request` is incomplete and is not one that may stream. */
export function isAwaited(request: IncomingMessage): boolean {
  return !request.complete && !streams.has(request);
}

/** The request that is arriving on one connection. One object is kept per connection: a map of short-lived requests would burden the garbage collector. */
interface Incoming {
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  /** Monotonic ms. For a body that may stream: when more of it was last seen; else when the request came. */
  since: number;
  bytes: number;
}

/** The request bodies that are arriving at one server. A body must be complete within the limit; of one that may stream more must arrive within it. */
export class IncomingBodies {
  readonly #limitMs: number;
  readonly #bySocket = new Map<Socket, Incoming>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** To be called when a request comes in, `now` in monotonic ms. The body of the request before it on its connection is complete by then. */
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

  /** To be called when the request has been answered or given up. Its body goes on to be watched until it is complete: nobody takes one without end. */
  end(request: IncomingMessage): void {
    const incoming = this.#bySocket.get(request.socket);
    if (incoming?.request !== request) return;
    if (request.complete) forget(incoming);
    else streams.delete(request);
  }

  /** The request whose body is still arriving on `socket`, be it answered or not. */
  arrivingOn(socket: Socket): IncomingMessage | undefined {
    const request = this.#bySocket.get(socket)?.request;
    return request?.complete === false ? request : undefined;
  }

  /** Ends, with 408, the requests whose body is too slow at `now`. */
  cutSlow(now: number): void {
    for (const [socket, incoming] of this.#bySocket) {
      const { request, response } = incoming;
      if (request === undefined) continue;
      if (request.complete || socket.destroyed) {
        forget(incoming);
        continue;
      }
      // While nobody reads from the socket, nothing can arrive.
      const goesOn = streams.has(request) && (socket.isPaused() || socket.bytesRead > incoming.bytes);
      if (goesOn) [incoming.since, incoming.bytes] = [now, socket.bytesRead];
      // A response has no socket while those before it on its connection are under way; they must not be cut with it.
      const isQueued = response?.socket === null && !response.writableFinished;
      if (now - incoming.since < this.#limitMs || isQueued) continue;
      if (response?.headersSent === false) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
      socket.destroySoon();
      forget(incoming);
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
