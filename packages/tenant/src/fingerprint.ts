import { hash } from 'node:crypto';

/** The public name of a token: the first 16 hex digits of its SHA-256. */
export function fingerprintOf(token: string): string {
  return hash('sha256', token).slice(0, 16);
}
