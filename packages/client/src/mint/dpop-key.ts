import * as oauth from 'oauth4webapi';
import type { Clock } from '../clock.ts';
import type { DpopKeyPair } from '../options.ts';

/** The key that a client's DPoP tokens are bound to (RFC 9449), and the nonces that servers asked for. */
export class DpopKey {
  readonly #clock: Clock;
  readonly #keyPair: DpopKeyPair | undefined;
  #handle: Promise<oauth.DPoPHandle> | undefined;

  /** Without a key pair one is made (ES256), which lives as long as the process. */
  constructor(clock: Clock, keyPair: DpopKeyPair | undefined) {
    this.#clock = clock;
    this.#keyPair = keyPair;
  }

  /** What makes proofs. Each has an id (`jti`) of its own and the time of the keeper's clock. */
  handle(): Promise<oauth.DPoPHandle> {
    this.#handle ??= this.#open();
    return this.#handle;
  }

  async #open(): Promise<oauth.DPoPHandle> {
    const keyPair = this.#keyPair ?? (await oauth.generateKeyPair('ES256'));
    return oauth.DPoP({}, keyPair, {
      [oauth.modifyAssertion]: (_header, payload) => {
        payload['iat'] = Math.floor(this.#clock.now() / 1000);
      },
    });
  }
}

/** Reads the option.
 * @throws {TypeError} */
export function checkDpop(dpop: unknown): DpopKeyPair | true | undefined {
  if (dpop === undefined || dpop === true) return dpop;
  const { privateKey, publicKey } = (typeof dpop === 'object' && dpop !== null ? dpop : {}) as Partial<DpopKeyPair>;
  if (privateKey?.type !== 'private' || publicKey?.type !== 'public' || !publicKey.extractable) {
    throw new TypeError('`dpop` must be true or { privateKey, publicKey } as CryptoKeys, the public one extractable (RFC 9449 §4.2).');
  }
  return { privateKey, publicKey };
}
