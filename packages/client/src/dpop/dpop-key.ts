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

  /** What sends requests with a proof. */
  requests(): Promise<ProvenRequests> {
    this.#requests ??= import('./proven-request.ts').then((module) => module.ProvenRequests.with(this.#keyPair, this.#clock));
    return this.#requests;
  }
}

/**
 * Reads the option.
 * @throws {TypeError}
 */
export function checkDpop(dpop: unknown): DpopKeyPair | true | undefined {
  if (dpop === undefined || dpop === true) return dpop;
  const { privateKey, publicKey } = (typeof dpop === 'object' && dpop !== null ? dpop : {}) as Partial<DpopKeyPair>;
  if (privateKey?.type !== 'private' || publicKey?.type !== 'public' || !publicKey.extractable) {
    throw new TypeError('`dpop` must be true or { privateKey, publicKey } as CryptoKeys, the public one extractable (RFC 9449 §4.2).');
  }
  return { privateKey, publicKey };
}
