import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isAwaited } from './incoming-bodies.ts';

interface Connection {
  /** Number of requests that are being answered on it. */
  running: number;
  /** The request that came last. */
  request: IncomingMessage | undefined;
  /** Counts up over all connections with each change between idle and busy, so that the lowest has not changed for longest. */
  turn: number;
}

/** The connections of one listener. Knows how many requests are being answered on each, and which connection has been idle for longest. */
export class Connections {
  readonly limit: number;
  readonly #all = new Map<Socket, Connection>();
  #turns = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Takes a connection in. Where the limit is reached, another one is dropped for it: the one that has been idle, or has not completed its request, for
   * longest. So connections that ask for nothing keep nobody out. False where every other connection is busy.
   */
  enter(socket: Socket): boolean {
    if (this.#all.size >= this.limit) this.#dropOne();
    const hasRoom = this.#all.size < this.limit;
    this.#all.set(socket, { running: 0, request: undefined, turn: this.#nextTurn() });
    socket.once('close', () => this.leave(socket));
    return hasRoom;
  }

  leave(socket: Socket): void {
    this.#all.delete(socket);
  }

  /** To be called when a request has come in on `socket`; its body may still be on its way. */
  begin(socket: Socket, request: IncomingMessage): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    connection.running += 1;
    connection.request = request;
    connection.turn = this.#nextTurn();
  }

  /** To be called when a request on `socket` has been answered or given up. */
  end(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    connection.running -= 1;
    if (connection.running > 0) return;
    connection.request = undefined;
    connection.turn = this.#nextTurn();
  }

  isIdle(socket: Socket): boolean {
    return this.#all.get(socket)?.running === 0;
  }

  #nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  #dropOne(): void {
    let longest: Socket | undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const [socket, { running, request, turn }] of this.#all) {
      const mayGo = running === 0 || (request !== undefined && isAwaited(request));
      if (mayGo && turn < first) [longest, first] = [socket, turn];
    }
    if (longest === undefined) return;
    this.leave(longest);
    longest.destroy();
  }
}
