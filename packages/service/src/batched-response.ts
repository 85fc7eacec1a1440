import { type IncomingMessage, ServerResponse } from 'node:http';
import { atTurnEnd } from './turn-end.ts';

/** An answer whose end leaves together with those of the others of its turn; one that is whole leaves with it. */
export class BatchedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  // `end` of Node lets go whatever the socket holds back: it cannot be corked around it.
  override end(...args: never[]): this {
    atTurnEnd(() => super.end(...args));
    return this;
  }
}
