import { getEventListeners } from 'node:events';
import { ManualClock } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { timeIsUp, WaitingRoom } from './waiting-room.ts';

let clock: ManualClock;
let room: WaitingRoom;
beforeEach(() => {
  clock = new ManualClock();
  room = new WaitingRoom(clock);
});

const never = new Promise<never>(() => undefined);

describe('a wait', () => {
  it('ends with what was waited for, value or error, and leaves no timer', async () => {
    expect(await room.wait(Promise.resolve(7), 1_000)).toBe(7);
    await expect(room.wait(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no');
    expect(clock.timers).toBe(0);
  });

  it('ends when its time is up, and not before', async () => {
    const outcome = room.wait(never, 1_000);
    clock.advance(999);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    expect(await outcome).toBe(timeIsUp);
    expect(clock.timers).toBe(0);
  });

  it('shares one timer with all others, each ending at its own time', async () => {
    const ended: number[] = [];
    const waits = [3_000, 1_000, 2_000, 1_000].map(async (ms) => {
      expect(await room.wait(never, ms)).toBe(timeIsUp);
      ended.push(ms);
    });
    expect(clock.timers).toBe(1);
    expect(clock.untilNextTimer).toBe(1_000);
    clock.advance(1_000);
    expect(clock.untilNextTimer).toBe(1_000);
    clock.advance(2_000);
    await Promise.all(waits);
    expect(ended).toEqual([1_000, 1_000, 2_000, 3_000]);
    expect(clock.timers).toBe(0);
  });

  it('keeps the timer of the others when it ends early', async () => {
    let finish: (value: string) => void = () => undefined;
    const early = room.wait(new Promise<string>((resolve) => (finish = resolve)), 1_000);
    const late = room.wait(never, 5_000);
    finish('there');
    expect(await early).toBe('there');
    clock.advance(1_000);
    expect(clock.untilNextTimer).toBe(4_000);
    clock.advance(4_000);
    expect(await late).toBe(timeIsUp);
  });

  it('waits a millisecond at least, so that a fraction is no loop', async () => {
    const outcome = room.wait(never, 0.2);
    expect(clock.untilNextTimer).toBe(1);
    clock.advance(1);
    expect(await outcome).toBe(timeIsUp);
  });

  it('ends with the reason of a signal, before or while it waits, and listens to it no longer than it waits', async () => {
    await expect(room.wait(never, 1_000, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(clock.timers).toBe(0);
    const caller = new AbortController();
    const outcome = room.wait(never, 1_000, caller.signal);
    caller.abort(new Error('enough'));
    await expect(outcome).rejects.toThrow('enough');
    expect(clock.timers).toBe(0);

    const other = new AbortController();
    const listeners = () => getEventListeners(other.signal, 'abort').length;
    const waiting = room.wait(Promise.resolve(1), 1_000, other.signal);
    expect(listeners()).toBe(1);
    await waiting;
    expect(listeners()).toBe(0);
  });
});
