import { KeyObject, type webcrypto } from 'node:crypto';
import { newKeyId } from '../model/random-id.ts';
import type { SigningKey } from '../model/signing-key.ts';
import { newKeyPair, signingAlgorithm } from './key-pairs.ts';

const certificateLifeMs = 13 * 365 * 86_400_000;

/** Makes an RSA-2048 key with a self-signed certificate for `host`, valid for 13 years from `nowMs`. `pair` is used for it where it is given. */
export async function newSigningKey(
  state: SigningKey['state'],
  host: string,
  nowMs: number,
  pair: Promise<webcrypto.CryptoKeyPair> = newKeyPair(),
): Promise<SigningKey> {
  const [keys, { X509CertificateGenerator }] = await Promise.all([pair, certificateLibrary()]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [host] }],
    notBefore: new Date(nowMs),
    notAfter: new Date(nowMs + certificateLifeMs),
    signingAlgorithm,
    keys,
  });
  return {
    kid: newKeyId(),
    state,
    certificatePem: certificate.toString('pem'),
    privateKeyPem: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string,
    currentSinceMs: state === 'current' ? nowMs : undefined,
    currentUntilMs: undefined,
    revokedAtMs: undefined,
  };
}

// It costs a quarter of the time of a start, and most starts make no key. It needs the polyfill to be there before it is loaded.
async function certificateLibrary(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}
