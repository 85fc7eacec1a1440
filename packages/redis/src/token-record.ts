import { createHash, createHmac } from 'node:crypto';
import type { StoredToken } from '@evertoken/client';
import { isBelievable, type TokenSeal } from '@evertoken/client/shared-store';

/** Format of the records. */
export const RECORD_VERSION = '1';

/** What is under a key: nothing, a token with the seal it has, or what cannot be read, named by the generation it claims. */
export type Reading =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'token';
      readonly token: StoredToken;
      readonly sealed: string;
      readonly generation: string;
      readonly isOfFirstKey: boolean;
    }
  | { readonly kind: 'unreadable'; readonly generation: string };

/** Names a token in Redis: HMAC-SHA-256 over the keeper's key, 32 hex digits of it. */
export function idOf(key: string, namespaceKey: Uint8Array): string {
  return createHmac('sha256', namespaceKey).update(key).digest('hex').slice(0, 32);
}

/** What a sealed record is bound to, so that it can be swapped neither between tokens nor between generations. */
export function boundTo(id: string, generation: string | number): string {
  return `${id}/${generation}`;
}

/** The first 16 hex digits of a token's SHA-256. */
export function fingerprintOf({ accessToken }: StoredToken): string {
  return createHash('sha256').update(accessToken).digest('hex').slice(0, 16);
}

/** Reads the fields that the script answered; `now` is epoch ms. */
export function readRecord(id: string, fields: readonly unknown[], seal: TokenSeal, now: number): Reading {
  const [version, generation, fingerprint, sealed, leftMs, last] = fields;
  if ([version, generation, fingerprint, sealed].every((field) => field === null || field === undefined)) return { kind: 'none' };
  const unreadable = { kind: 'unreadable', generation: typeof generation === 'string' ? generation : '' } as const;
  if (version !== RECORD_VERSION || typeof generation !== 'string' || typeof sealed !== 'string') return unreadable;
  // Nobody has been given a generation after the last one.
  if (!/^[1-9]\d{0,15}$/.test(generation) || !(Number(generation) <= Number(last))) return unreadable;
  const opened = seal.open(Buffer.from(sealed, 'base64'), boundTo(id, generation));
  if (opened === undefined || fingerprintOf(opened.token) !== fingerprint) return unreadable;
  const token = endingWith(opened.token, leftMs, now);
  if (!isBelievable(token, now)) return unreadable;
  return { kind: 'token', token, sealed, generation, isOfFirstKey: opened.isOfFirstKey };
}

/** The clock of Redis, which all processes share, is believed where this one's or the writer's would make the token live longer. */
function endingWith(token: StoredToken, leftMs: unknown, now: number): StoredToken {
  if (typeof leftMs !== 'number' || leftMs < 0) return token;
  const expiresAt = now + leftMs;
  return expiresAt < token.expiresAt - 1_000 ? { ...token, expiresAt } : token;
}
