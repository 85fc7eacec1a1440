import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { AppUses } from './app-uses.ts';

describe('what apps ask for', () => {
  it('is counted by app: what was given, what was passed on, what was refused', () => {
    const clock = new ManualClock();
    const uses = new AppUses(clock);
    uses.countHandOut('report', 200);
    uses.countHandOut('report', 200);
    uses.countCall('report', 404, false);
    clock.advance(5_000);
    uses.countHandOut('report', 429);
    const at = clock.now();
    expect(uses.of('report')).toEqual({ handOuts: 2, proxied: 1, refusals: 1, lastUsedAt: at, lastRefusal: { at, status: 429 } });
    uses.countCall('report', 403, true);
    expect(uses.of('report')).toMatchObject({ proxied: 1, refusals: 2, lastRefusal: { status: 403 } });
    expect(uses.of('dashboard')).toBeUndefined();
  });

  it('is forgotten with the app, but not of those who are none', () => {
    const uses = new AppUses(new ManualClock());
    uses.countHandOut('report', 200);
    uses.countHandOut('(unknown)', 401);
    uses.countHandOut('worker', 200);
    uses.keep(new Set(['worker']));
    expect(uses.names).toEqual(['(unknown)', 'worker']);
  });
});
