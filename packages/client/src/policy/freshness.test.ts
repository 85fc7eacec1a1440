import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUsable, marksOf, mintFloorOf, stateOf, successionOf } from './freshness.ts';
import { defaultPolicy } from './keeping-policy.ts';

const seconds = (n: number) => n * 1000;
const minutes = (n: number) => seconds(60 * n);
const hours = (n: number) => minutes(60 * n);
const days = (n: number) => hours(24 * n);

describe('when a token is due', () => {
  it.each([
    { lifetime: '5 min', lifetimeMs: minutes(5), latest: seconds(150), earliest: seconds(120) },
    { lifetime: '1 h', lifetimeMs: hours(1), latest: minutes(45), earliest: minutes(42) },
    { lifetime: '24 h', lifetimeMs: hours(24), latest: hours(18), earliest: hours(16.8) },
    { lifetime: '30 d', lifetimeMs: days(30), latest: days(22.5), earliest: days(21) },
    { lifetime: '10 s', lifetimeMs: seconds(10), latest: seconds(5), earliest: seconds(4) },
  ])('a token of $lifetime is due at its time', ({ lifetimeMs, latest, earliest }) => {
    expect(lifetimeMs - marksOf(lifetimeMs, 0, defaultPolicy).dueMs).toBeCloseTo(latest);
    expect(lifetimeMs - marksOf(lifetimeMs, 1, defaultPolicy).dueMs).toBeCloseTo(earliest);
  });

  it.each([
    { lifetime: '24 h', lifetimeMs: hours(24), urgentMs: minutes(1), safetyMs: seconds(10) },
    { lifetime: '5 min', lifetimeMs: minutes(5), urgentMs: seconds(30), safetyMs: seconds(6) },
    { lifetime: '1 min', lifetimeMs: minutes(1), urgentMs: seconds(6), safetyMs: seconds(1.2) },
    { lifetime: '10 s', lifetimeMs: seconds(10), urgentMs: seconds(1), safetyMs: seconds(1) },
    { lifetime: '2 s', lifetimeMs: seconds(2), urgentMs: 200, safetyMs: 500 },
  ])('a token of $lifetime has its marks of urgency and safety', ({ lifetimeMs, urgentMs, safetyMs }) => {
    expect(marksOf(lifetimeMs, 0.5, defaultPolicy)).toMatchObject({ urgentMs, safetyMs });
  });

  it('passes through its states in order, each mark belonging to the later one', () => {
    const marks = marksOf(hours(1), 0, defaultPolicy);
    expect(stateOf(marks.dueMs + 1, marks)).toBe('fresh');
    expect(stateOf(marks.dueMs, marks)).toBe('due');
    expect(stateOf(marks.urgentMs + 1, marks)).toBe('due');
    expect(stateOf(marks.urgentMs, marks)).toBe('urgent');
    expect(stateOf(marks.safetyMs + 1, marks)).toBe('urgent');
    expect(stateOf(marks.safetyMs, marks)).toBe('expired');
    expect(stateOf(-1, marks)).toBe('expired');
  });

  it('is fresh when new, due before it is expired, and never due before half its life but for jitter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: days(400) }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (lifetimeMs, r) => {
          const marks = marksOf(lifetimeMs, r, defaultPolicy);
          expect(stateOf(lifetimeMs, marks)).toBe('fresh');
          expect(marks.dueMs).toBeGreaterThan(marks.safetyMs);
          expect(marks.dueMs).toBeLessThan(0.600001 * lifetimeMs);
          expect(marksOf(lifetimeMs, 0, defaultPolicy).dueMs).toBeLessThanOrEqual(marks.dueMs);
        },
      ),
    );
  });

  it('hands out what is fresh, due or urgent and nothing else', () => {
    expect((['empty', 'fresh', 'due', 'urgent', 'expired'] as const).filter(isUsable)).toEqual(['fresh', 'due', 'urgent']);
  });

  it('leaves the issuer alone between two mints for a tenth of the lifetime, at most 30 s', () => {
    expect(mintFloorOf(hours(24), defaultPolicy)).toBe(seconds(30));
    expect(mintFloorOf(minutes(5), defaultPolicy)).toBe(seconds(30));
    expect(mintFloorOf(seconds(10), defaultPolicy)).toBe(seconds(1));
  });
});

describe('which of two tokens is kept', () => {
  const held = { fingerprint: 'held', lifetimeMs: hours(1), remainingMs: minutes(15) };
  const minted = { fingerprint: 'new', lifetimeMs: hours(1), remainingMs: hours(1) };

  it('the new one, when it outlives the held one by a tenth of its lifetime', () => {
    expect(successionOf(held, false, minted)).toEqual({ keep: 'new' });
    expect(successionOf(held, false, { ...minted, remainingMs: minutes(21) })).toEqual({ keep: 'new' });
  });

  it('the longer-lived, with the next try at half its life, when it gains less', () => {
    expect(successionOf(held, false, { ...minted, remainingMs: minutes(18) })).toEqual({
      keep: 'new',
      retryInMs: minutes(9),
    });
    expect(successionOf(held, false, { ...minted, remainingMs: minutes(9) })).toEqual({
      keep: 'held',
      retryInMs: minutes(7.5),
    });
  });

  it('the held one, when the issuer gave the identical token again, and not sooner than in 5 s', () => {
    expect(successionOf(held, false, { ...held })).toEqual({ keep: 'held', retryInMs: minutes(7.5) });
    expect(successionOf({ ...held, remainingMs: 100 }, false, { ...held, remainingMs: 100 })).toEqual({ keep: 'held', retryInMs: 5_000 });
  });

  it('any other token, when the held one is suspect, but not the identical one', () => {
    expect(successionOf(held, true, { ...minted, remainingMs: minutes(9) })).toEqual({ keep: 'new' });
    expect(successionOf(held, true, { ...held })).toMatchObject({ keep: 'held' });
  });
});
