import { type IncomingMessage, ServerResponse } from 'node:http';
import { atTurnEnd } from './turn-end.ts';

/** An answer whose end leaves together with those of the others of its turn; one that is whole leaves with it. */
export class BatchedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  // `end` of Node lets go whatever the socket holds back: it cannot be corked around it.
  override end(...args: never[]): this {
    atTurnEnd(() => super.end(...(this.#isWritten(args[0], args[1]) ? args.slice(2) : args)));
    return this;
  }

  /**
   * Writes a text that is all of the body together with its head, as one string. `end` of Node would add an empty one to it, and several parts are
   * gathered and leave by `writev`, which costs more than the `write` of one.
   */
  #isWritten(body: unknown, encoding: unknown): boolean {
    const { socket } = this;
    if (encoding !== 'latin1' || typeof body !== 'string' || socket === null || !this.headersSent || this.chunkedEncoding) return false;
    socket.cork();
    super.write(body, encoding);
    socket.uncork();
    return true;
  }
}
