import { webcrypto } from 'node:crypto';

/** The algorithm of signing keys: RSA-2048. */
export const signingAlgorithm: webcrypto.RsaHashedKeyGenParams = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** Makes a key pair. This takes between half a second and three, as primes are found by chance. */
export function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
}

/** The two key pairs that a new tenant needs. Both are made at the same time; the first token waits only for the one that is ready first. */
export interface FirstKeyPairs {
  /** The pair that is ready first. */
  readonly first: Promise<webcrypto.CryptoKeyPair>;
  readonly other: Promise<webcrypto.CryptoKeyPair>;
}

/** Begins to make both pairs. */
export function newFirstKeyPairs(): FirstKeyPairs {
  const [one, another] = [newKeyPair(), newKeyPair()];
  const first = Promise.race([one, another]);
  const other = first.then(async (pair) => (pair === (await one) ? await another : await one));
  // Told to whoever waits for it; where the start fails, nobody does.
  for (const made of [first, other]) made.catch(() => undefined);
  return { first, other };
}
