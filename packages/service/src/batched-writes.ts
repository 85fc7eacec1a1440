import { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { setImmediate } from 'node:timers';

let held: Writable[] = [];

/**
 * Holds what is written to `socket` until this turn of the event loop has read all that has come, and lets it go together with what others hold:
 * where every answer went out on its own, the kernel would wake its reader each time, which takes longer than to write it. A lone one waits for nothing.
 */
export function batchWrites(socket: Writable): void {
  socket.cork();
  if (held.push(socket) === 1) setImmediate(release);
}

function release(): void {
  const sockets = held;
  held = [];
  for (const socket of sockets) socket.uncork();
}

/** An answer that leaves together with the others of its turn. */
export class BatchedResponse extends ServerResponse {
  override writeHead(...args: Parameters<ServerResponse['writeHead']>): this {
    // None while an earlier answer of a pipeline has the socket.
    if (this.socket !== null) batchWrites(this.socket);
    return super.writeHead(...args);
  }
}
