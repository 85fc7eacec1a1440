import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** A certificate authority in memory. */
export interface Authority {
  readonly certificatePem: string;
  /** Epoch ms. */
  readonly notAfter: number;
  readonly privateKey: KeyObject;
}

/** Reads a PEM text that holds a private key and its certificate. Throws where one of them is missing or the two do not belong together. */
export function readAuthority(pem: string): Authority {
  const certificate = new X509Certificate(pem);
  const privateKey = createPrivateKey(pem);
  if (!certificate.checkPrivateKey(privateKey)) throw new Error('The private key is not the one of the certificate.');
  return { certificatePem: certificate.toString(), notAfter: Date.parse(certificate.validTo), privateKey };
}
