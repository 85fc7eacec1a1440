import type { DpopKeyPair } from '../options.ts';

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
