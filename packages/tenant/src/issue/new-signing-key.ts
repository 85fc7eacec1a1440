// x509 needs the polyfill to be there before it is loaded.
import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import { newKeyId } from '../model/random-id.ts';
import type { SigningKey } from '../model/signing-key.ts';

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const certificateLifeMs = 13 * 365 * 86_400_000;

/** Makes an RSA-2048 key with a self-signed certificate for `host`, valid for 13 years from `nowMs`. */
export async function newSigningKey(state: SigningKey['state'], host: string, nowMs: number): Promise<SigningKey> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [host] }],
    notBefore: new Date(nowMs),
    notAfter: new Date(nowMs + certificateLifeMs),
    signingAlgorithm: algorithm,
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
