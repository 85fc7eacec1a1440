import type { KeptTokenStatus } from '../status.ts';
import type { HeldToken } from './held-token.ts';

/** What a status tells of the held token. */
export function describeToken(held: HeldToken): NonNullable<KeptTokenStatus['token']> {
  const { fingerprint, tokenType, scope, askedAt, expiresAt, lifetimeMs } = held.token;
  const remainingMs = held.remainingMs();
  return {
    fingerprint,
    tokenType,
    scope,
    askedAt,
    expiresAt,
    dueAt: held.dueAt,
    urgentAt: expiresAt - held.marks.urgentMs,
    usableUntil: expiresAt - held.marks.safetyMs,
    lifetimeSeconds: lifetimeMs / 1000,
    remainingSeconds: Math.max(0, Math.floor(remainingMs / 1000)),
    runwaySeconds: Math.max(0, Math.floor((remainingMs - held.marks.safetyMs) / 1000)),
  };
}
