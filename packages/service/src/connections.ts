import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isAwaited } from './incoming-bodies.ts';

interface Connection {
  /** Requests that it is at work on. */
  running: number;
  /** The one that came last. */
  request: IncomingMessage | undefined;
  /** Number of its last turn between idle and at work; the lowest has waited longest. */
  turn: number;
}

/** The connections of one listener: how many requests each is at work on, and which has waited longest. */
export class Connections {
  readonly limit: number;
  readonly #all = new Map<Socket, Connection>();
  #turns = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Takes a connection in. Where there is no room, the one goes that has been idle longest, or has brought no whole request for longest, so that
   * connections which ask for nothing keep nobody out; false where all are at work.
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

  /** A request has come in on `socket`, its body maybe not. */
  begin(socket: Socket, request: IncomingMessage): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    connection.running += 1;
    connection.request = request;
    connection.turn = this.#nextTurn();
  }

  /** A request on `socket` has been answered or given up. */
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
