/**
 * A key that signs tokens: `next` is published ahead of its use, `current` signs, `previous` is still published, `revoked` is only listed.
 */
export interface SigningKey {
  readonly kid: string;
  readonly state: 'next' | 'current' | 'previous' | 'revoked';
  /** Self-signed X.509 certificate, PEM. */
  readonly certificatePem: string;
  /** PKCS#8, PEM. Dropped when the key is revoked. */
  readonly privateKeyPem: string | undefined;
  /** Since when it signs; undefined for one that never did. */
  readonly currentSinceMs: number | undefined;
  readonly currentUntilMs: number | undefined;
  readonly revokedAtMs: number | undefined;
}
