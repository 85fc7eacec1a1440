import { expect, it } from 'vitest';
import { untilSurvived } from './until-survived.ts';

const minute = 60_000;

/** A time that is at `at`; a wait in it passes at once, and `meanwhile` happens in the first one. */
function aTime(at: number, meanwhile: () => void = () => undefined) {
  const waits: number[] = [];
  let now = at;
  const pause = async (ms: number): Promise<void> => {
    if (waits.push(ms) === 1) meanwhile();
    now += ms;
  };
  return { waits, time: { now: () => now, pause } };
}

it('a program that got no signal, or lives on after a hangup, may be started again', async () => {
  const { signal } = new AbortController();
  const none = aTime(minute);
  expect([await untilSurvived({ isToEnd: false, lastHangup: Number.NEGATIVE_INFINITY }, signal, none.time), none.waits]).toEqual([
    true,
    [],
  ]);
  const hungUp = aTime(minute);
  expect([await untilSurvived({ isToEnd: false, lastHangup: minute - 1_000 }, signal, hungUp.time), hungUp.waits]).toEqual([true, [9_000]]);
});

it('a hangup that comes while another is waited for is waited for too', async () => {
  const signals = { isToEnd: false, lastHangup: minute };
  const { waits, time } = aTime(minute, () => {
    signals.lastHangup = minute + 4_000;
  });
  expect([await untilSurvived(signals, new AbortController().signal, time), waits]).toEqual([true, [10_000, 4_000]]);
});

it('a program that was told to end is not, however long ago that was', async () => {
  const { waits, time } = aTime(60 * minute);
  const signals = { isToEnd: true, lastHangup: Number.NEGATIVE_INFINITY };
  expect([await untilSurvived(signals, new AbortController().signal, time), waits]).toEqual([false, []]);
});

it('nor is one that is told to end while a hangup is waited for, or whose supervision ends then', async () => {
  const signals = { isToEnd: false, lastHangup: minute };
  const told = aTime(minute, () => {
    signals.isToEnd = true;
  });
  expect(await untilSurvived(signals, new AbortController().signal, told.time)).toBe(false);
  const stopping = new AbortController();
  const stopped = aTime(minute, () => stopping.abort());
  expect(await untilSurvived({ isToEnd: false, lastHangup: minute }, stopping.signal, stopped.time)).toBe(false);
});
