import { X509Certificate } from 'node:crypto';
import { shownCertificate } from '../../issue/published-key.ts';
import type { SigningKey } from '../../model/signing-key.ts';

/** A certificate as `/keys/signing` shows it: PEM with CRLF. */
export function wirePem(pem: string): string {
  return `${pem.trim().replaceAll(/\r?\n/g, '\r\n')}\r\n`;
}

/** A signing key as the Management API shows it: never with its private half. */
export function signingKeyView(key: SigningKey): Record<string, unknown> {
  const { kid, state, certificatePem, currentSinceMs, currentUntilMs, revokedAtMs } = key;
  const { fingerprint } = new X509Certificate(certificatePem);
  const time = (name: string, ms: number | undefined): object => (ms === undefined ? {} : { [name]: new Date(ms).toISOString() });
  return {
    kid,
    cert: wirePem(certificatePem),
    pkcs7: wirePem(shownCertificate(certificatePem).pkcs7),
    current: state === 'current',
    next: state === 'next',
    previous: state === 'previous',
    ...time('current_since', currentSinceMs),
    ...time('current_until', currentUntilMs),
    fingerprint,
    thumbprint: fingerprint.replaceAll(':', ''),
    revoked: state === 'revoked',
    ...time('revoked_at', revokedAtMs),
  };
}
