import type { IncomingMessage, ServerResponse } from 'node:http';

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

/** The bodies on their way to one server. One must be there within a time; of one that may stream something must come within that time. */
export class IncomingBodies {
  readonly #limitMs: number;
  readonly #coming = new Map<IncomingMessage, { response: ServerResponse; since: number; bytes: number }>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** A request has come in at `now`, monotonic ms. */
  begin(request: IncomingMessage, response: ServerResponse, now: number): void {
    this.#coming.set(request, { response, since: now, bytes: request.socket.bytesRead });
  }

  /** It has been answered or given up. */
  end(request: IncomingMessage): void {
    this.#coming.delete(request);
  }

  /** Gives up, with 408, those that are too slow at `now`. */
  cutSlow(now: number): void {
    for (const [request, mark] of this.#coming) {
      const { socket } = request;
      if (request.complete || socket.destroyed) {
        this.#coming.delete(request);
        continue;
      }
      // As long as nobody reads, nothing can come.
      const goesOn = streams.has(request) && (socket.isPaused() || socket.bytesRead > mark.bytes);
      if (goesOn) [mark.since, mark.bytes] = [now, socket.bytesRead];
      if (now - mark.since < this.#limitMs) continue;
      this.#coming.delete(request);
      if (!mark.response.headersSent) socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
      socket.destroySoon();
    }
  }
}

/** Whether a request announces a body (RFC 9112 §6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
