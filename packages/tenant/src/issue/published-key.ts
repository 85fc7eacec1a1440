import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { SigningKey } from '../model/signing-key.ts';
import { pkcs7Of } from './pkcs7.ts';

/** Public half of a signing key as JWKS shows it (RFC 7517). */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  /** base64url of the certificate's SHA-1. */
  readonly x5t: string;
  /** The certificate, base64 DER. */
  readonly x5c: readonly [string];
  readonly alg: 'RS256';
}

/** The certificate as the Management API shows it with an application. */
export interface ShownCertificate {
  /** PEM. */
  readonly cert: string;
  /** PKCS #7 with this certificate alone, PEM. */
  readonly pkcs7: string;
  /** Slash form of the subject, `/CN=host`. */
  readonly subject: string;
}

/** A signing key made ready for use. */
export interface PublishedKey {
  readonly kid: string;
  readonly state: SigningKey['state'];
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
  readonly certificate: ShownCertificate;
}

/** Makes a stored key that is not revoked ready for use. */
export function publishedKey({ kid, state, certificatePem, privateKeyPem }: SigningKey): PublishedKey {
  const certificate = new X509Certificate(certificatePem);
  const { n, e } = certificate.publicKey.export({ format: 'jwk' }) as { n: string; e: string };
  return {
    kid,
    state,
    privateKey: createPrivateKey(privateKeyPem ?? ''),
    publicKey: certificate.publicKey,
    jwk: {
      kty: 'RSA',
      use: 'sig',
      n,
      e,
      kid,
      x5t: createHash('sha1').update(certificate.raw).digest('base64url'),
      x5c: [certificate.raw.toString('base64')],
      alg: 'RS256',
    },
    certificate: shownCertificate(certificatePem),
  };
}

/** A certificate, PEM, as it is shown. */
export function shownCertificate(certificatePem: string): ShownCertificate {
  return {
    cert: certificatePem,
    pkcs7: pkcs7Of(certificatePem),
    subject: `/${new X509Certificate(certificatePem).subject.replaceAll('\n', '/')}`,
  };
}
