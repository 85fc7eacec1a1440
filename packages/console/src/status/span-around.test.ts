import { expect, it } from 'vitest';
import { spanAround } from './span-around.ts';

it('shows a single time within seconds, and many with a little room at both ends', () => {
  expect(spanAround([1_000])).toEqual([995, 1_005]);
  expect(spanAround([1_000, 1_500, 2_000])).toEqual([960, 2_040]);
});
