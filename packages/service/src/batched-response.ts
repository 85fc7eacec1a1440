import { type IncomingMessage, ServerResponse } from 'node:http';
import { atTurnEnd } from './turn-end.ts';

/**
 * A response that is sent at the end of the turn of the event loop in which it was finished, together with all others of that turn. A response whose body
 * is one text goes out as a single write.
 */
export class BatchedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  // Node's `end` uncorks the socket itself, so that corking the socket around it holds nothing back.
  override end(...args: never[]): this {
    atTurnEnd(() => super.end(...(this.#isWritten(args[0], args[1]) ? args.slice(2) : args)));
    return this;
  }

  /**
   * Writes the head and a body that is one text as a single string; answers whether it did. Node's `end` would append an empty string, and several
   * strings go out by `writev`, which costs more than the `write` of one.
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
