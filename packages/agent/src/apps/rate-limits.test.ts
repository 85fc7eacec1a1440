import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimits } from './rate-limits.ts';

const rate = { perSecond: 20, burst: 3 };

describe('rate limits', () => {
  it('let a burst pass, then as many as the rate says', () => {
    const clock = new ManualClock();
    const [limits, app] = [new RateLimits(clock), {}];
    expect([1, 2, 3].map(() => limits.take(app, rate))).toEqual([0, 0, 0]);
    expect(limits.take(app, rate)).toBeCloseTo(50);
    clock.advance(49);
    expect(limits.take(app, rate)).toBeCloseTo(1);
    clock.advance(1);
    expect(limits.take(app, rate)).toBe(0);
    expect(limits.take(app, rate)).toBeCloseTo(50);
    clock.advance(3_600_000);
    expect([1, 2, 3].map(() => limits.take(app, rate))).toEqual([0, 0, 0]);
    expect(limits.take(app, rate)).toBeGreaterThan(0);
  });

  it('are the same for a name, whatever has been reloaded meanwhile', () => {
    const limits = new RateLimits(new ManualClock());
    const take = (name: string): number => limits.take(name, { ...rate });
    expect(['report', 'report', 'report', 'dashboard'].map(take)).toEqual([0, 0, 0, 0]);
    expect(take('report')).toBeGreaterThan(0);
    expect(take('dashboard')).toBe(0);
  });

  it('cost the one that is refused nothing, and others nothing either', () => {
    const clock = new ManualClock();
    const [limits, greedy, modest] = [new RateLimits(clock), {}, {}];
    for (let count = 0; count < 1_000; count += 1) limits.take(greedy, rate);
    expect(limits.take(greedy, rate)).toBeCloseTo(50);
    expect(limits.take(modest, rate)).toBe(0);
  });

  it('may be slower than one a second', () => {
    const clock = new ManualClock();
    const [limits, app] = [new RateLimits(clock), {}];
    const slow = { perSecond: 0.5, burst: 1 };
    expect([limits.take(app, slow), limits.take(app, slow)]).toEqual([0, 2_000]);
    clock.advance(2_000);
    expect(limits.take(app, slow)).toBe(0);
  });

  it('are kept over a clock set back', () => {
    const clock = new ManualClock();
    const [limits, app] = [new RateLimits(clock), {}];
    for (let count = 0; count < 3; count += 1) limits.take(app, rate);
    clock.setWallBy(-3_600_000);
    expect(limits.take(app, rate)).toBeCloseTo(50);
  });
});
