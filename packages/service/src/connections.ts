import type { Socket } from 'node:net';

/** The connections of one listener: how many requests each is at work on, and which has been idle longest. */
export class Connections {
  readonly limit: number;
  readonly #running = new Map<Socket, number>();
  /** Longest idle first. */
  readonly #idle = new Set<Socket>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Takes a connection in. Where there is no room, the one that has been idle longest goes, so that connections which ask for nothing keep nobody
   * out; false where all are at work.
   */
  enter(socket: Socket): boolean {
    if (this.#running.size >= this.limit) this.#dropIdlest();
    const hasRoom = this.#running.size < this.limit;
    this.#running.set(socket, 0);
    this.#idle.add(socket);
    socket.once('close', () => this.leave(socket));
    return hasRoom;
  }

  leave(socket: Socket): void {
    this.#running.delete(socket);
    this.#idle.delete(socket);
  }

  /** A request has come in on `socket`. */
  begin(socket: Socket): void {
    this.#running.set(socket, (this.#running.get(socket) ?? 0) + 1);
    this.#idle.delete(socket);
  }

  /** A request on `socket` has been answered or given up. */
  end(socket: Socket): void {
    const running = this.#running.get(socket);
    if (running === undefined) return;
    this.#running.set(socket, running - 1);
    if (running === 1) this.#idle.add(socket);
  }

  isIdle(socket: Socket): boolean {
    return this.#idle.has(socket);
  }

  #dropIdlest(): void {
    const [idlest] = this.#idle;
    if (idlest === undefined) return;
    this.leave(idlest);
    idlest.destroy();
  }
}
