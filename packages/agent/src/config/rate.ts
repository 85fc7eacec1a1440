import type { Rate } from '../apps/app-directory.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/**
 * Reads `20/s`, `30/m` or `1000/h`: the number is both the burst and how many are allowed in each second, minute or hour.
 * @throws {TypeError} that says how a rate is written.
 */
export function parseRate(text: string): Rate {
  const [, count, unit] = /^(\d{1,9}(?:\.\d{1,6})?)\/([smh])$/.exec(text.trim()) ?? [];
  const number = Number(count);
  if (unit === undefined || !(number > 0)) {
    throw new TypeError(`\`${text}\` is no rate; write it like 20/s, 30/m or 1000/h, or as { per_second: 20, burst: 40 }`);
  }
  return { perSecond: number / (secondsOf[unit] ?? 1), burst: Math.max(1, number) };
}
