import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotasOf, scarceQuota } from './quota.ts';

const now = 1_000_000;
const read = (headers: Record<string, string>) => quotasOf(new Headers(headers), now);
const reading = { owner: 'client' as const, bucket: 'per_hour', quota: 10, remaining: 7, resetsAt: now + 60_000 };

describe('the quota headers', () => {
  it('name each bucket of the client and of the organization', () => {
    const headers = {
      'auth0-client-quota-limit': 'b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43200',
      'auth0-organization-quota-limit': 'b=per_hour;q=50;r=1;t=3540',
    };
    expect(read(headers)).toEqual([
      { owner: 'client', bucket: 'per_hour', quota: 10, remaining: 7, resetsAt: now + 3_540_000 },
      { owner: 'client', bucket: 'per_day', quota: 50, remaining: 47, resetsAt: now + 43_200_000 },
      { owner: 'organization', bucket: 'per_hour', quota: 50, remaining: 1, resetsAt: now + 3_540_000 },
    ]);
  });

  it.each([
    '',
    'b=;q=1;r=1;t=1',
    'b=per_hour;q=ten;r=1;t=1',
    'b=per_hour;q=10;r=1',
    'b=per_hour;q=10;r=-1;t=5',
    'b=per_hour;q=10;r=7;t=5s',
    'b;q=10;r=7;t=5',
    ';;,,=',
    'per_hour',
  ])('say nothing with %j', (value) => {
    expect(read({ 'auth0-client-quota-limit': value })).toEqual([]);
  });

  it('are read in any order and with blanks, part by part', () => {
    expect(read({ 'auth0-client-quota-limit': 't=60; r=7 ;q=10;b=per_hour , b=broken' })).toEqual([reading]);
  });

  it('are whole numbers or unread, whatever stands there', () => {
    const value = fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]*$/);
    fc.assert(
      fc.property(value, (text) => {
        for (const { quota, remaining, resetsAt } of read({ 'auth0-client-quota-limit': text })) {
          for (const number of [quota, remaining, resetsAt]) expect(number).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('a quota is scarce', () => {
  it.each([
    { quota: 10, remaining: 3, isScarce: false },
    { quota: 10, remaining: 2, isScarce: true },
    { quota: 100, remaining: 10, isScarce: false },
    { quota: 100, remaining: 9, isScarce: true },
  ])('with $remaining of $quota left: $isScarce', ({ quota, remaining, isScarce }) => {
    expect(scarceQuota([{ ...reading, quota, remaining }], now) !== undefined).toBe(isScarce);
  });

  it('until it is full again', () => {
    expect(scarceQuota([{ ...reading, remaining: 0 }], now + 59_999)).toBeDefined();
    expect(scarceQuota([{ ...reading, remaining: 0 }], now + 60_000)).toBeUndefined();
  });
});
