import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { Deadline } from './deadline.ts';

describe('a deadline', () => {
  it('comes as both clocks run', () => {
    const clock = new ManualClock();
    const deadline = Deadline.in(clock, 1_000);
    clock.advance(400);
    expect(deadline.leftMs).toBe(600);
    clock.advance(700);
    expect(deadline.leftMs).toBe(-100);
  });

  it('comes while the machine sleeps, by the wall clock', () => {
    const clock = new ManualClock();
    const deadline = Deadline.in(clock, 1_000);
    clock.suspend(900);
    expect(deadline.leftMs).toBe(100);
  });

  it('comes though the wall clock is set back, by the monotonic one', () => {
    const clock = new ManualClock();
    const deadline = Deadline.in(clock, 1_000);
    clock.setWallBy(-3_600_000);
    clock.advance(900);
    expect(deadline.leftMs).toBe(100);
  });

  it('may be known by another moment on each clock', () => {
    const clock = new ManualClock();
    expect(new Deadline(clock, clock.now() + 50, clock.monotonic() + 70).leftMs).toBe(50);
    expect(new Deadline(clock, clock.now() + 70, clock.monotonic() + 50).leftMs).toBe(50);
  });
});
