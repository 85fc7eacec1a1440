/** A bucket that fills at a steady rate; times on one clock, ms. */
export interface TokenBucket {
  readonly level: number;
  readonly at: number;
}

/** How fast a bucket fills, per second, and how much it holds. */
interface Measure {
  readonly rate: number;
  readonly burst: number;
}

/** Whether nothing more fits into the bucket; one that was never used is full. */
export function isFull(bucket: TokenBucket | undefined, now: number, measure: Measure): boolean {
  return levelOf(bucket, now, measure) >= measure.burst;
}

function levelOf(bucket: TokenBucket | undefined, now: number, { rate, burst }: Measure): number {
  return bucket === undefined ? burst : Math.min(burst, bucket.level + (Math.max(0, now - bucket.at) / 1000) * rate);
}

/** Takes one from the bucket, or tells how long until one is there. `rate` per second, `burst` at most in it. */
export function takeOne(
  bucket: TokenBucket | undefined,
  now: number,
  { rate, burst }: Measure,
): { readonly bucket: TokenBucket; readonly waitMs: number } {
  const level = levelOf(bucket, now, { rate, burst });
  if (level >= 1) return { bucket: { level: level - 1, at: now }, waitMs: 0 };
  return { bucket: { level, at: now }, waitMs: ((1 - level) / rate) * 1000 };
}
