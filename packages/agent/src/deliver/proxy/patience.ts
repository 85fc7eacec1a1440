import type { IncomingHttpHeaders } from 'node:http';
import { retryAfterOf } from '@evertoken/client/wire';
import { headerOf } from '../../upstream/upstream.ts';

const defaultPatienceMs = 10_000;
const longestPatienceMs = 30_000;
/** An API that says "at once" is not asked at once, and twice as late each time that it still has too much to do. */
const shortestWaitMs = 100;

/**
 * How long the caller of a GET or HEAD without a body waits for an API that has too much to do, ms: 10 s, or what `Prefer: wait=` says (RFC 7240 §4.3)
 * up to 30 s. Others do not wait.
 */
export function patienceOf(method: string, headers: IncomingHttpHeaders): number {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if ((method !== 'GET' && method !== 'HEAD') || hasBody) return 0;
  const preferred = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec([headers['prefer'] ?? ''].flat().join(','))?.[1];
  return preferred === undefined ? defaultPatienceMs : Math.min(longestPatienceMs, Number(preferred) * 1_000);
}

/**
 * How long a call waits because the API asks to be left alone, ms; undefined where it names no time (see `retryAfterOf`). `waits` is how often the same call has
 * waited before.
 */
export function waitAskedFor(headers: readonly string[], now: number, waits = 0): number | undefined {
  const askedMs = retryAfterOf({ get: (name) => headerOf(headers, name) ?? null }, now);
  return askedMs === undefined ? undefined : Math.max(shortestWaitMs * 2 ** waits, askedMs);
}

/** That, and up to a tenth more, a second at most: those who are told the same moment must not all come at it. `random` in [0, 1). */
export function spread(waitMs: number, random: number): number {
  return waitMs + random * Math.min(1_000, waitMs / 10);
}
