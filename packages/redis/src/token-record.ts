import { createHmac } from 'node:crypto';
import type { FoundRecord } from '@evertoken/client/shared-store';

/** Names a token in Redis: HMAC-SHA-256 over the keeper's key, 32 hex digits of it. */
export function idOf(key: string, namespaceKey: Uint8Array): string {
  return createHmac('sha256', namespaceKey).update(key).digest('hex').slice(0, 32);
}

/** A sealed token as it stands in Redis. */
export function textOf(sealed: Uint8Array): string {
  return Buffer.from(sealed).toString('base64');
}

/** The record in the fields that the script answered; undefined where there is none. */
export function recordIn([version, generation, fingerprint, sealed, leftMs, last]: readonly unknown[]): FoundRecord | undefined {
  if ([version, generation, fingerprint, sealed].every((field) => field === null || field === undefined)) return undefined;
  return { version, generation, fingerprint, sealed: typeof sealed === 'string' ? Buffer.from(sealed, 'base64') : undefined, leftMs, last };
}
