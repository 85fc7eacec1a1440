import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { StoredToken } from './token-store.ts';

/** Format of a record: this byte, 12 bytes of nonce, 16 bytes of tag, ciphertext. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals a token with AES-256-GCM under `key` (32 bytes), bound to the name it is stored under, so that records cannot be swapped. */
export function sealToken(token: StoredToken, name: string, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(name));
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(token), 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext]);
}

/** The token in a sealed record; undefined where the record is cut, changed, of another name, key or version, or no token. */
export function openToken(record: Uint8Array, name: string, key: Uint8Array): StoredToken | undefined {
  if (record[0] !== VERSION || record.length <= 1 + NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = record.subarray(1, 1 + NONCE_BYTES);
  const tag = record.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(name)).setAuthTag(tag);
    const text = Buffer.concat([decipher.update(record.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    const token: unknown = JSON.parse(text);
    return isStoredToken(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function boundTo(name: string): Uint8Array {
  return Buffer.from(`evertoken/${VERSION}/${name}`);
}

function isStoredToken(value: unknown): value is StoredToken {
  if (typeof value !== 'object' || value === null) return false;
  const token = value as Partial<Record<keyof StoredToken, unknown>>;
  const times = [token.askedAt, token.expiresAt, token.lifetimeMs];
  return (
    typeof token.accessToken === 'string' &&
    typeof token.tokenType === 'string' &&
    (token.scope === undefined || typeof token.scope === 'string') &&
    (token.mintedBy === undefined || typeof token.mintedBy === 'string') &&
    (token.isForced === undefined || typeof token.isForced === 'boolean') &&
    times.every((time) => typeof time === 'number' && Number.isFinite(time))
  );
}
