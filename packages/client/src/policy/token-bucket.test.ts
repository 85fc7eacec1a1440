import { describe, expect, it } from 'vitest';
import { isFull, type TokenBucket, takeOne } from './token-bucket.ts';

const limits = { rate: 5, burst: 10 };

describe('a bucket of five a second, ten at once', () => {
  it('gives ten at once and then one each fifth of a second', () => {
    let bucket: TokenBucket | undefined;
    const waits = Array.from({ length: 12 }, () => {
      const taken = takeOne(bucket, 0, limits);
      bucket = taken.bucket;
      return taken.waitMs;
    });
    expect(waits).toEqual([...Array<number>(10).fill(0), 200, 200]);
    expect(takeOne(bucket, 199, limits).waitMs).toBeCloseTo(1);
    expect(takeOne(bucket, 200, limits).waitMs).toBe(0);
  });

  it('is full again after two seconds and never fuller', () => {
    const empty = { level: 0, at: 0 };
    expect(takeOne(empty, 2_000, limits).bucket.level).toBe(9);
    expect(takeOne(empty, 1_000_000, limits).bucket.level).toBe(9);
    expect(takeOne(empty, 1_000, limits).bucket.level).toBe(4);
  });

  it('loses nothing to a clock that stands still or goes back', () => {
    expect(takeOne({ level: 3, at: 1_000 }, 500, limits).bucket).toEqual({ level: 2, at: 500 });
  });
});

it('a bucket is full when it was never used, and again when its time has passed', () => {
  const measure = { rate: 5, burst: 10 };
  expect(isFull(undefined, 0, measure)).toBe(true);
  const { bucket } = takeOne(undefined, 1_000, measure);
  expect([isFull(bucket, 1_199, measure), isFull(bucket, 1_200, measure)]).toEqual([false, true]);
});
