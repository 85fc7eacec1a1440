import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isAwaited } from './incoming-bodies.ts';

/** What is to be done with a request: it is answered; refused; or left alone, because the connection ends with an answer that goes before it. */
export type Turn = 'answer' | 'refuse' | 'ignore';

/** Most requests of one connection that are answered at once. Node reads up to 64 KB at a time, and with them more than a thousand requests. */
export const mostAtOnce = 16;

/** Time for which nothing of an answer is read until the connection may be dropped for another one, ms. */
const unreadMs = 1_000;

interface Connection {
  /** Number of requests that are being answered on it. */
  running: number;
  /** The response to the request that came last. */
  response: ServerResponse | undefined;
  /** Counts up over all connections with each change between idle and busy, so that the lowest has not changed for longest. */
  turn: number;
  /** Whether it ends when the requests that are being answered have their answers. */
  isEnding: boolean;
  /** Whether nothing more is read from it. */
  isDeaf: boolean;
  /** Bytes that had left when more of them was last seen to leave, and that moment in monotonic ms; -1 while nothing waits to leave. */
  sent: number;
  sentAt: number;
}

/** The connections of one listener. Knows how many requests are being answered on each, and which connection has been idle for longest. */
export class Connections {
  readonly #limit: () => number;
  readonly #all = new Map<Socket, Connection>();
  #turns = 0;

  /** `limit` may change; what is beyond it then goes when the next connection comes. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit();
  }

  /**
   * Takes a connection in, `now` in monotonic ms. Where the limit is reached, another one is dropped for it: the one that has been idle, has not completed
   * its request, or has left its answer unread, for longest. So connections that only stand there keep nobody out. False where every other one is busy.
   */
  enter(socket: Socket, now: number): boolean {
    const { limit } = this;
    while (this.#all.size >= limit && this.#dropOne(now));
    const hasRoom = this.#all.size < limit;
    const turn = this.#nextTurn();
    this.#all.set(socket, { running: 0, response: undefined, turn, isEnding: false, isDeaf: false, sent: -1, sentAt: now });
    socket.once('close', () => this.leave(socket));
    return hasRoom;
  }

  leave(socket: Socket): void {
    this.#all.delete(socket);
  }

  /** To be called when a request has come in on `socket`; its body may still be on its way. Unless it is ignored, `end` is to be called for it. */
  begin(socket: Socket, response: ServerResponse): Turn {
    const connection = this.#all.get(socket);
    if (connection === undefined) return 'ignore';
    if (connection.isEnding) {
      stopReading(socket, connection);
      return 'ignore';
    }
    connection.running += 1;
    connection.response = response;
    connection.turn = this.#nextTurn();
    if (connection.running <= mostAtOnce) return 'answer';
    endAfter(connection, response);
    return 'refuse';
  }

  /** To be called when a request on `socket` has been answered or given up. Answers whether the connection is to end, because this was its last request. */
  end(socket: Socket): boolean {
    const connection = this.#all.get(socket);
    if (connection === undefined) return false;
    connection.running -= 1;
    if (connection.running > 0) return false;
    connection.response = undefined;
    connection.turn = this.#nextTurn();
    return connection.isEnding;
  }

  /**
   * Lets the connection end after the requests that have come; what follows is ignored. False where nothing can be waited for: no request is being
   * answered, or the last one is incomplete.
   */
  endAfterAnswers(socket: Socket): boolean {
    const connection = this.#all.get(socket);
    if (connection?.response?.req.complete !== true) return false;
    endAfter(connection, connection.response);
    return true;
  }

  /** Lets the connection end after the request that came last, whose body may still be on its way. */
  endAfterThis(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection?.response !== undefined) endAfter(connection, connection.response);
  }

  /** The response to the request that came last on `socket`; undefined while it is idle. */
  lastResponse(socket: Socket): ServerResponse | undefined {
    return this.#all.get(socket)?.response;
  }

  /** Whether it is one of these. */
  has(socket: Socket): boolean {
    return this.#all.has(socket);
  }

  isIdle(socket: Socket): boolean {
    return this.#all.get(socket)?.running === 0;
  }

  /** Drops the connections whose peers have read nothing of what is sent to them for `limitMs`. To be called often, `now` in monotonic ms. */
  dropUnread(now: number, limitMs: number): void {
    for (const [socket, connection] of this.#all) if (unreadFor(socket, connection, now) >= limitMs) this.#drop(socket);
  }

  #nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  /** Answers whether there was one that may go. */
  #dropOne(now: number): boolean {
    let longest: Socket | undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const [socket, connection] of this.#all) {
      const { running, response, turn } = connection;
      const isOwing = running === 0 || (response !== undefined && isAwaited(response.req));
      const mayGo = unreadFor(socket, connection, now) >= unreadMs || isOwing;
      if (mayGo && turn < first) [longest, first] = [socket, turn];
    }
    if (longest !== undefined) this.#drop(longest);
    return longest !== undefined;
  }

  #drop(socket: Socket): void {
    this.leave(socket);
    socket.destroy();
  }
}

/** Reads nothing more, whatever Node does for the requests that are there. What has been read is still parsed. */
function stopReading(socket: Socket, connection: Connection): void {
  if (connection.isDeaf) return;
  connection.isDeaf = true;
  socket.on('resume', () => socket.pause());
  socket.pause();
}

function endAfter(connection: Connection, response: ServerResponse): void {
  connection.isEnding = true;
  // Node then says so in its head, unless that has been made already.
  response.shouldKeepAlive = false;
}

/** For how long nothing of what waits to be sent has left, as far as it was looked at, ms. What has left may still wait in a buffer of the system. */
function unreadFor(socket: Socket, connection: Connection, now: number): number {
  const waiting = socket.writableLength;
  const sent = waiting === 0 ? -1 : socket.bytesWritten - waiting;
  if (sent === -1 || sent !== connection.sent) [connection.sent, connection.sentAt] = [sent, now];
  return now - connection.sentAt;
}
