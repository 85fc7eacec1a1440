import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The responses that have to wait until those before them on their connection are sent. Node gives such a response its socket only then, and until it has one
 * never tells it that the connection has closed: whoever works for it would go on, and wait, for nobody.
 */
export class QueuedResponses {
  readonly #bySocket = new Map<Socket, Set<ServerResponse>>();

  /** Takes in a response without a socket, until it is closed. */
  add(socket: Socket, response: ServerResponse): void {
    let responses = this.#bySocket.get(socket);
    if (responses === undefined) {
      responses = new Set();
      this.#bySocket.set(socket, responses);
    }
    responses.add(response);
    response.once('close', () => responses.delete(response));
  }

  /** To be called when `socket` has closed: those that still wait there are closed as Node closes the one whose turn it was. */
  close(socket: Socket): void {
    const responses = this.#bySocket.get(socket);
    this.#bySocket.delete(socket);
    for (const response of responses ?? []) {
      if (response.socket !== null) continue;
      response.destroyed = true;
      response.emit('close');
    }
  }
}
