import { randomUUID } from 'node:crypto';
import { isTokenError } from '@evertoken/client';
import type { BookedToken } from '../tokens/booked-token.ts';
import { explainToPrograms } from '../tokens/explain.ts';
import { Refusal } from './refusal.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** The refusal that tells why `token` cannot be had now: 503 with `Retry-After`. Anything but a token error is given back as it is. */
export function unavailable(token: BookedToken, error: unknown): unknown {
  if (!isTokenError(error)) return error;
  const { what, meaning, step } = explainToPrograms(error, token.config.places);
  return new Refusal(503, 'temporarily_unavailable', `No usable token \`${token.name}\` is held. ${what} ${meaning} ${step}`.trim(), {
    headers: { 'retry-after': String(retryAfterSeconds(error.retryAfterMs ?? 1_000)) },
    members: { error_id: randomUUID(), cause: error.code },
    cause: error,
  });
}
