/** Reads one header of an answer by its name in lower case, without blanks around it; null where it is missing. `Headers` is one. */
export type HeaderReader = { get(name: string): string | null };

/** A bucket's reset further away than this marks a full bucket (Auth0), not the next free place. */
const LONGEST_RESET_MS = 60_000;

/**
 * How long a server asks to be left alone, ms, 0 or more; undefined where it names nothing. `Retry-After` (RFC 9110 §10.2.3), seconds or a date that is read
 * against the answer's own `Date` so that a wrong clock on either side does not matter; without it `X-RateLimit-Reset` (epoch seconds) if at most a minute
 * away. `now` is our wall clock, epoch ms.
 */
export function retryAfterOf(headers: HeaderReader, now: number): number | undefined {
  const serverNow = dateOf(headers) ?? now;
  const retryAfter = headers.get('retry-after');
  if (retryAfter) {
    if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * 1000;
    const date = dateIn(retryAfter);
    return date === undefined ? undefined : Math.max(0, date - serverNow);
  }
  const reset = headers.get('x-ratelimit-reset');
  if (!reset || !/^\d{1,12}$/.test(reset)) return undefined;
  const inMs = Number(reset) * 1000 - serverNow;
  return inMs <= LONGEST_RESET_MS ? Math.max(0, inMs) : undefined;
}

/** `Date` of an answer (RFC 9110 §6.6.1), epoch ms. */
export function dateOf(headers: HeaderReader): number | undefined {
  return dateIn(headers.get('date'));
}

function dateIn(text: string | null): number | undefined {
  // `Date.parse` reads almost anything as some date; a header holds an IMF-fixdate (RFC 9110 §5.6.7).
  if (!text || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
