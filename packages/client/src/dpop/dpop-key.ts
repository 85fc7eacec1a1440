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

/** Numbers of the keys that tokens are bound to: exporting one to tell it from others takes its time, and only this process binds to it. */
const keyIds = new WeakMap<DpopKeyPair['publicKey'], string>();
let keys = 0;

/** Names the key that is asked for; all that are left to the keeper to make are one. */
export function dpopIdOf(dpop: DpopKeyPair | true | undefined): string | undefined {
  if (dpop === undefined || dpop === true) return dpop && 'made';
  const known = keyIds.get(dpop.publicKey);
  if (known !== undefined) return known;
  keys += 1;
  keyIds.set(dpop.publicKey, String(keys));
  return String(keys);
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
