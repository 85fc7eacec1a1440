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
  const serverNow = dateOf(headers, now) ?? now;
  const retryAfter = headers.get('retry-after');
  if (retryAfter) {
    if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * 1000;
    const date = dateIn(retryAfter, now);
    return date === undefined ? undefined : Math.max(0, date - serverNow);
  }
  const reset = headers.get('x-ratelimit-reset');
  if (!reset || !/^\d{1,12}$/.test(reset)) return undefined;
  const inMs = Number(reset) * 1000 - serverNow;
  return inMs <= LONGEST_RESET_MS ? Math.max(0, inMs) : undefined;
}

/** `Date` of an answer (RFC 9110 §6.6.1), epoch ms; `now` is our wall clock, which tells the century where it names none. */
export function dateOf(headers: HeaderReader, now: number): number | undefined {
  return dateIn(headers.get('date'), now);
}

/** The three forms of a date in a header (RFC 9110 §5.6.7): IMF-fixdate, and the obsolete ones of RFC 850 and of asctime. */
const dateForms = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

function dateIn(text: string | null, now: number): number | undefined {
  if (!text) return undefined;
  // `Date.parse` alone reads almost anything as some date, and asctime's as one of the local time.
  const found = dateForms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const { day, month, year = '', time } = found;
  const ms = Date.parse(`${day} ${month} ${year.length === 2 ? fullYear(Number(year), now) : year} ${time} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A year of two digits is the last one with these that is at most fifty years to come. */
function fullYear(twoDigits: number, now: number): number {
  const latest = new Date(now).getUTCFullYear() + 50;
  return latest - ((((latest - twoDigits) % 100) + 100) % 100);
}
