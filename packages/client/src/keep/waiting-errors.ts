import { TokenError } from '../errors.ts';

/** The keeper was closed. */
export function closed(name: string): TokenError {
  return new TokenError('closed', `The keeper of ${JSON.stringify(name)} was closed.`, { retryable: false });
}

/** The caller's patience ended before the shared mint. */
export function outOfPatience(name: string, ms: number): TokenError {
  const message = `No token for ${JSON.stringify(name)} within ${Math.max(0, Math.round(ms))} ms; the request to the issuer is still on its way.`;
  return new TokenError('wait_timeout', message, { retryable: true, retryAfterMs: 1_000 });
}

/** A usable token is held, but not one that lives as long as the caller needs. */
export function tooShort(name: string, neededMs: number, cause: unknown, pauseMs: number): TokenError {
  const message = `No token for ${JSON.stringify(name)} that lives ${Math.ceil(neededMs / 1000)} s more could be had.`;
  return new TokenError('min_ttl_unmet', message, { retryable: true, retryAfterMs: Math.max(1_000, Math.ceil(pauseMs)), cause });
}
