import { isUtf8 } from 'node:buffer';
import { decodeFormComponent } from './body-parameters.ts';

/** Client id and secret out of `Authorization: Basic`. */
export interface BasicCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Reads `Authorization: Basic` (RFC 6749 §2.3.1): both halves are form encoded before base64 (appendix B). Many clients leave that out, so where it matters
 * they are read in both ways, the one of the standard first.
 * Answers `undefined` for another scheme or no header, `'malformed'` for a Basic header that cannot be read.
 */
export function basicCredentials(authorization: string | undefined): readonly BasicCredentials[] | 'malformed' | undefined {
  const [, scheme = '', encoded = ''] = /^(\S+)(?: +(.*))?$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() !== 'basic') return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'malformed';
  const bytes = Buffer.from(encoded, 'base64');
  if (!isUtf8(bytes)) return 'malformed';
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return 'malformed';
  const plain = { clientId: text.slice(0, colon), clientSecret: text.slice(colon + 1) };
  return /[%+]/.test(text) ? [...decoded(plain), plain] : [plain];
}

function decoded({ clientId, clientSecret }: BasicCredentials): readonly BasicCredentials[] {
  try {
    return [{ clientId: decodeFormComponent(clientId), clientSecret: decodeFormComponent(clientSecret) }];
  } catch {
    // A percent sign that encodes nothing stands for itself.
    return [];
  }
}
