import { decodeFormComponent } from './body-parameters.ts';

/** Client id and secret out of `Authorization: Basic`. */
export interface BasicCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Reads `Authorization: Basic` (RFC 6749 §2.3.1): both halves are form encoded before base64 (appendix B).
 * Answers `undefined` for another scheme or no header, `'malformed'` for a Basic header that cannot be read.
 */
export function basicCredentials(authorization: string | undefined): BasicCredentials | 'malformed' | undefined {
  const [, scheme = '', encoded = ''] = /^(\S+)(?: +(.*))?$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() !== 'basic') return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'malformed';
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
    const colon = text.indexOf(':');
    if (colon < 1) return 'malformed';
    return { clientId: decodeFormComponent(text.slice(0, colon)), clientSecret: decodeFormComponent(text.slice(colon + 1)) };
  } catch {
    return 'malformed';
  }
}
