/** A key that signs tokens: `next` is published ahead of its use, `current` signs. */
export interface SigningKey {
  readonly kid: string;
  readonly state: 'next' | 'current';
  /** Self-signed X.509 certificate, PEM. */
  readonly certificatePem: string;
  /** PKCS#8, PEM. */
  readonly privateKeyPem: string;
}
