import { expect, it } from 'vitest';
import { logIdFollowing, logIds, longestRun, stepsFrom } from './log-id.ts';

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

it('gives ids that follow one another, between which no other node’s is, also where a millisecond has no room for them', () => {
  const [nextAt, ofAnother] = [logIds(), logIds()];
  for (let run = 0; run < 300; run += 1) {
    const first = nextAt(startMs, longestRun);
    const [last, other] = [logIdFollowing(first, longestRun - 1), ofAnother(startMs)];
    expect([first, last].map((id) => id > other)).toEqual(first > other ? [true, true] : [false, false]);
    expect([logIdFollowing(first, 0), logIdFollowing(first, 9) < last, nextAt(startMs) > last, last.length]).toEqual([
      first,
      true,
      true,
      40,
    ]);
  }
});

it('tells how far an id is from another, of those that were made together alone', () => {
  const nextAt = logIds();
  const first = nextAt(startMs, 300);
  expect([0, 1, 299].map((steps) => stepsFrom(first, logIdFollowing(first, steps)))).toEqual([0, 1, 299]);
  const others = [
    nextAt(startMs + 1),
    logIds()(startMs),
    first.slice(1),
    `${first}0`,
    `${first.slice(0, 35)}  1e2`,
    `${first.slice(0, 35)}00000`,
  ];
  expect(others.map((id) => stepsFrom(first, id))).toEqual(others.map(() => undefined));
});
