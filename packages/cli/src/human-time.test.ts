import { expect, it } from 'vitest';
import { durationText, localTimeText } from './human-time.ts';

it.each([
  [-1, '0 s'],
  [0, '0 s'],
  [999, '0 s'],
  [42_999, '42 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min 59 s'],
  [3_600_000, '1 h'],
  [86_399_000, '23 h 59 min'],
  [86_400_000, '1 d'],
  [30 * 86_400_000, '30 d'],
  [90_061_000, '1 d 1 h'],
])('says %i ms as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('says an instant in the time of the machine', () => {
  expect(localTimeText(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('2026-01-02 03:04:05');
});
