import { describe, expect, it } from 'vitest';
import { distanceWords, durationWords, momentWords } from './time-words.ts';

describe('time in words', () => {
  it.each([
    [0, '0 s'],
    [-5_000, '0 s'],
    [45_900, '45 s'],
    [60_000, '1 min 00 s'],
    [200_000, '3 min 20 s'],
    [65_040_000, '18 h 04 min'],
    [187_200_000, '2 d 4 h'],
  ])('%i ms last %s', (ms, words) => {
    expect(durationWords(ms)).toBe(words);
  });

  it('tells what was, what will be and what is', () => {
    expect(distanceWords(8_000, 20_000)).toBe('12 s ago');
    expect(distanceWords(220_000, 20_000)).toBe('in 3 min 20 s');
    expect(distanceWords(20_400, 20_000)).toBe('now');
  });

  it('names the day of a moment that is not of these hours, and the year of one that may be taken for another', () => {
    const now = Date.parse('2026-11-29T12:00:00Z');
    const day = 86_400_000;
    expect(momentWords(now, now)).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(momentWords(now + day, now)).toMatch(/^(29|30) Nov, \d\d:\d\d$|^1 Dec, \d\d:\d\d$/);
    expect(momentWords(now + 360 * day, now)).toMatch(/^2\d Nov 2027, \d\d:\d\d$/);
    expect(momentWords(now - 360 * day, now)).toMatch(/^\d Dec 2025, \d\d:\d\d$/);
  });
});
