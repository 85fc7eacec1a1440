import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delayAfter, type FailureFacts } from './backoff.ts';
import { defaultPolicy } from './keeping-policy.ts';

const failure: FailureFacts = { retryable: true, count: 1, usableMs: 0, retryAfterMs: undefined, r: 1 };
const delay = (some: Partial<FailureFacts>) => delayAfter({ ...failure, ...some }, defaultPolicy);

describe('the delay after a transient failure', () => {
  it('doubles from one second and is capped at 30 s while nothing is held', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 500].map((count) => delay({ count }))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ]);
  });

  it('is capped at a tenth of the time callers can still be served, between 1 s and 5 min', () => {
    expect(delay({ count: 20, usableMs: 3_600_000 })).toBe(300_000);
    expect(delay({ count: 20, usableMs: 600_000 })).toBe(60_000);
    expect(delay({ count: 20, usableMs: 4_000 })).toBe(1_000);
  });

  it('is drawn from the upper half, so that a fleet spreads', () => {
    expect(delay({ count: 3, r: 0 })).toBe(2_000);
    expect(delay({ count: 3, r: 0.5 })).toBe(3_000);
  });

  it('is at least what the issuer asks for, up to a quarter more, an hour at most', () => {
    expect(delay({ retryAfterMs: 60_000, r: 0 })).toBe(60_000);
    expect(delay({ retryAfterMs: 60_000, r: 1 })).toBe(75_000);
    expect(delay({ retryAfterMs: 10, r: 1 })).toBe(1_000);
    expect(delay({ retryAfterMs: 86_400_000, r: 0 })).toBe(3_600_000);
  });

  it('is never shorter than half a second nor longer than an hour and a quarter', () => {
    const facts = fc.record({
      retryable: fc.constant(true),
      count: fc.integer({ min: 1, max: 10_000 }),
      usableMs: fc.integer({ min: -1_000, max: 86_400_000 * 400 }),
      retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
      r: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(facts, (some) => {
        const ms = delayAfter(some, defaultPolicy);
        expect(ms).toBeGreaterThanOrEqual(500);
        expect(ms).toBeLessThanOrEqual(4_500_000);
      }),
    );
  });
});

describe('the delay after a permanent failure', () => {
  it('doubles from 30 s to 5 min, whatever the issuer asks for', () => {
    expect([1, 2, 3, 4, 5, 900].map((count) => delay({ retryable: false, count }))).toEqual([
      30_000, 60_000, 120_000, 240_000, 300_000, 300_000,
    ]);
    expect(delay({ retryable: false, retryAfterMs: 5 })).toBe(30_000);
  });
});
