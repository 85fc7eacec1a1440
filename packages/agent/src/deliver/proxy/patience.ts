import type { IncomingHttpHeaders } from 'node:http';
import { headerOf } from '../../upstream/upstream.ts';

const defaultPatienceMs = 10_000;
const longestPatienceMs = 30_000;
/** An API that says "at once" is not asked at once, and twice as late each time that it still has too much to do. */
const shortestWaitMs = 100;
/** A reset further away than this marks a full bucket (Auth0), not the next free place. */
const longestResetMs = 60_000;

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
 * How long the API asks to be left alone, ms: `Retry-After` (RFC 9110 §10.2.3), seconds or a date read against the answer's own `Date`; without it
 * `X-RateLimit-Reset` (epoch seconds) at most a minute away. Undefined where it names nothing. `waits` is how often the same call has waited before.
 */
export function waitAskedFor(headers: readonly string[], now: number, waits = 0): number | undefined {
  const shortestMs = shortestWaitMs * 2 ** waits;
  const apiNow = dateIn(headerOf(headers, 'date')) ?? now;
  const retryAfter = headerOf(headers, 'retry-after');
  if (retryAfter !== undefined) {
    const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : (dateIn(retryAfter) ?? Number.NaN) - apiNow;
    return Number.isNaN(ms) ? undefined : Math.max(shortestMs, ms);
  }
  const reset = headerOf(headers, 'x-ratelimit-reset');
  if (reset === undefined || !/^\d{1,12}$/.test(reset)) return undefined;
  const ms = Number(reset) * 1_000 - apiNow;
  return ms > longestResetMs ? undefined : Math.max(shortestMs, ms);
}

/** That, and up to a tenth more, a second at most: those who are told the same moment must not all come at it. `random` in [0, 1). */
export function spread(waitMs: number, random: number): number {
  return waitMs + random * Math.min(1_000, waitMs / 10);
}

function dateIn(text: string | undefined): number | undefined {
  // `Date.parse` reads almost anything as some date; a header holds an IMF-fixdate (RFC 9110 §5.6.7).
  if (text === undefined || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
