import type { IncomingMessage } from 'node:http';
import { formatListenAddress, type ListenAddress } from '@evertoken/service';

/** Tells on which address a request came in. */
export type ListenerOf = (request: IncomingMessage) => string;

/** Remembers the address of each request for as long as the request lives. */
export class ListenerBook {
  readonly #addresses = new WeakMap<IncomingMessage, ListenAddress>();

  enter(request: IncomingMessage, address: ListenAddress): void {
    this.#addresses.set(request, address);
  }

  readonly of: ListenerOf = (request) => {
    const address = this.#addresses.get(request);
    return address === undefined ? '' : formatListenAddress(address);
  };
}
