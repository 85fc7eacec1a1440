/** A bucket that fills at a steady rate; times on one clock, ms. */
export interface TokenBucket {
  readonly level: number;
  readonly at: number;
}

/** Takes one from the bucket, or tells how long until one is there. `rate` per second, `burst` at most in it. */
export function takeOne(
  bucket: TokenBucket | undefined,
  now: number,
  { rate, burst }: { readonly rate: number; readonly burst: number },
): { readonly bucket: TokenBucket; readonly waitMs: number } {
  const level = bucket === undefined ? burst : Math.min(burst, bucket.level + (Math.max(0, now - bucket.at) / 1000) * rate);
  if (level >= 1) return { bucket: { level: level - 1, at: now }, waitMs: 0 };
  return { bucket: { level, at: now }, waitMs: ((1 - level) / rate) * 1000 };
}
