import { type IncomingMessage, ServerResponse } from 'node:http';
import { atTurnEnd } from './turn-end.ts';

/** An answer that leaves together with the others of its turn. */
export class BatchedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  override writeHead(...args: [statusCode: number, ...rest: never[]]): this {
    const { socket } = this;
    // None while the answer before it in a pipeline has the socket.
    if (socket !== null) {
      socket.cork();
      atTurnEnd(() => socket.uncork());
    }
    return super.writeHead(...args);
  }
}
