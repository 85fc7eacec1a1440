import type { Clock } from '../clock.ts';
import type { DpopKeyPair } from '../options.ts';
import type { ProvenRequests } from './proven-request.ts';

/** The key that a client's DPoP tokens are bound to (RFC 9449). What it takes to prove it is loaded with the first key. */
export class DpopKey {
  readonly #clock: Clock;
  readonly #keyPair: DpopKeyPair | undefined;
  #requests: Promise<ProvenRequests> | undefined;

  /** Without a key pair one is made (ES256), which lives as long as the process. */
  constructor(clock: Clock, keyPair: DpopKeyPair | undefined) {
    this.#clock = clock;
    this.#keyPair = keyPair;
  }

  /** What sends requests with a proof. Where it cannot be had, it is tried anew the next time. */
  requests(): Promise<ProvenRequests> {
    this.#requests ??= this.#open().catch((error: unknown) => {
      this.#requests = undefined;
      throw error;
    });
    return this.#requests;
  }

  async #open(): Promise<ProvenRequests> {
    const { ProvenRequests } = await import('./proven-request.ts');
    return ProvenRequests.with(this.#keyPair, this.#clock);
  }
}
