import { expect, it } from 'vitest';
import { logIds } from './log-id.ts';

const startMs = 1_790_000_000_000;

it('gives ids that sort as they were given, also when the clock is set back, and others on another node', () => {
  let nowMs = startMs;
  const nextAt = logIds();
  const ids = [0, 0, 1, -5_000, 0, 10_000].map((step) => {
    nowMs += step;
    return nextAt(nowMs);
  });
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^\d{40}$/);
  expect(logIds()(startMs)).not.toBe(ids[0]);
});

it('gives ids that sort after one that was given before, also where the clock was ahead then', () => {
  const former = logIds()(startMs + 5_000);
  const nextAt = logIds(former);
  const ids = [startMs, startMs, startMs + 5_000, startMs + 6_000].map(nextAt);
  expect([former, ...ids].sort()).toEqual([former, ...ids]);
  expect(ids[3]?.slice(0, 20)).toBe(logIds()(startMs + 6_000).slice(0, 20));
  expect(logIds('none')(startMs).slice(0, 20)).toBe(logIds()(startMs).slice(0, 20));
});

it('gives ids that sort as they were given, however long the clock stands still', () => {
  const nextAt = logIds();
  const ids = Array.from({ length: 100_002 }, () => nextAt(startMs)).slice(-4);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids.map(({ length }) => length))).toEqual(new Set([40]));
});
