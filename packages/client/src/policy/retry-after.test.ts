import { describe, expect, it } from 'vitest';
import { dateOf, retryAfterOf } from './retry-after.ts';

const now = Date.UTC(2026, 5, 1);
const epochSeconds = now / 1000;
const read = (headers: Record<string, string>) => retryAfterOf(new Headers(headers), now);

describe('what a server asks for', () => {
  it('is Retry-After in seconds', () => {
    expect(read({ 'retry-after': '120' })).toBe(120_000);
  });

  it('is Retry-After as a date, read against the answer’s own clock', () => {
    const headers = { 'retry-after': new Date(now + 90_000).toUTCString() };
    expect(read(headers)).toBe(90_000);
    expect(read({ ...headers, date: new Date(now + 60_000).toUTCString() })).toBe(30_000);
    expect(read({ 'retry-after': new Date(now - 90_000).toUTCString() })).toBe(0);
  });

  it.each([
    ['RFC 850’s', 'Monday, 01-Jun-26 00:01:30 GMT', 'Monday, 01-Jun-26 00:00:30 GMT'],
    ['asctime’s', 'Mon Jun  1 00:01:30 2026', 'Mon Jun  1 00:00:30 2026'],
  ])('may be a date in %s form, which is obsolete and to be read (RFC 9110 §5.6.7)', (_whose, retryAfter, date) => {
    expect(read({ 'retry-after': retryAfter })).toBe(90_000);
    expect(read({ 'retry-after': retryAfter, date })).toBe(60_000);
  });

  it('reads a year of two digits as the last that may be meant, at most fifty years to come', () => {
    const dateAt = (year: number, yy: string) => dateOf(new Headers({ date: `Sunday, 06-Nov-${yy} 08:49:37 GMT` }), Date.UTC(year, 5, 1));
    expect(dateAt(2026, '94')).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    expect(dateAt(2026, '75')).toBe(Date.UTC(2075, 10, 6, 8, 49, 37));
    expect(dateAt(2026, '77')).toBe(Date.UTC(1977, 10, 6, 8, 49, 37));
    expect(dateAt(2099, '01')).toBe(Date.UTC(2101, 10, 6, 8, 49, 37));
  });

  it('is X-RateLimit-Reset where nothing else stands, if at most a minute away', () => {
    expect(read({ 'x-ratelimit-reset': String(epochSeconds + 7) })).toBe(7_000);
    expect(read({ 'x-ratelimit-reset': String(epochSeconds + 61) })).toBeUndefined();
    expect(read({ 'x-ratelimit-reset': String(epochSeconds + 7), 'retry-after': '3' })).toBe(3_000);
  });

  it('is X-RateLimit-Reset up to the very minute, and no wait where that second is now or was', () => {
    expect(read({ 'x-ratelimit-reset': String(epochSeconds + 60) })).toBe(60_000);
    expect(read({ 'x-ratelimit-reset': String(epochSeconds) })).toBe(0);
    expect(read({ 'x-ratelimit-reset': String(epochSeconds - 1) })).toBe(0);
  });

  it.each(['', 'soon', `+${epochSeconds + 7}`, `${epochSeconds + 7}s`, `${epochSeconds + 7}.5`])(
    'is nothing where X-RateLimit-Reset is %j',
    (value) => {
      expect(read({ 'x-ratelimit-reset': value })).toBeUndefined();
    },
  );

  const date = new Date(now + 60_000).toUTCString();
  it.each([
    '',
    'soon',
    '-3',
    '1.5e3',
    '99999999999999',
    `x${date}`,
    `${date}x`,
    'Monday, 01-Jun-2026 00:01:30 GMT',
    'Monday, 01-Jun-26 00:01:30',
    'Mon, 01-Jun-26 00:01:30 GMT',
    'Mon Jun 1 00:01:30 2026',
    'Mon Jun  1 00:01:30 2026 GMT',
    'Mon Foo  1 00:01:30 2026',
  ])('is nothing where Retry-After is %j', (value) => {
    expect(read({ 'retry-after': value })).toBeUndefined();
  });
});
