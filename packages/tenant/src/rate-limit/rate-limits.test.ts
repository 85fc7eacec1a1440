import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../log/journal-entry.ts';
import { type RateLimitPlan, rateLimitPlans } from './rate-limit-plan.ts';
import { RateLimits } from './rate-limits.ts';

const startMs = 1_790_000_000_250;
const startSecond = 1_790_000_000;

function limits(plan: RateLimitPlan): { limits: RateLimits; clock: { nowMs: number }; entries: JournalEntry[] } {
  const clock = { nowMs: startMs };
  const entries: JournalEntry[] = [];
  const journal = { write: (entry: JournalEntry): void => void entries.push(entry) };
  return { limits: new RateLimits({ plan, now: () => clock.nowMs, journal }), clock, entries };
}

function times<T>(count: number, ask: () => T): T[] {
  return Array.from({ length: count }, ask);
}

describe('RateLimits', () => {
  it('refuses nobody where they are off, and tells each that this is its only request of the second', () => {
    const { limits: off, entries } = limits('off');
    for (const ruling of times(1_000, () => off.authentication('token'))) {
      expect(ruling).toEqual({ standing: { limit: 100, remaining: 99, resetSeconds: startSecond + 1 }, refused: undefined });
    }
    expect(off.management('rotate_signing_keys').standing).toEqual({ limit: 50, remaining: 49, resetSeconds: startSecond + 1 });
    expect(entries).toEqual([]);
  });

  it('gives as many as the bucket holds, then refuses until the top of the next second', () => {
    const { limits: enterprise, clock } = limits('enterprise');
    const all = times(100, () => enterprise.authentication('token'));
    expect(all.map(({ standing }) => standing.remaining)).toEqual(Array.from({ length: 100 }, (_, taken) => 99 - taken));
    const refused = enterprise.authentication('token');
    expect(refused).toEqual({
      standing: { limit: 100, remaining: 0, resetSeconds: startSecond + 1 },
      refused: 'Global limit has been reached',
    });
    clock.nowMs = (startSecond + 1) * 1000 - 1;
    expect(enterprise.authentication('jwks').refused).toBeDefined();
    clock.nowMs += 1;
    expect(enterprise.authentication('token').standing).toMatchObject({ remaining: 99 });
  });

  it('refills by the sustained rate, and names the second in which the bucket is full again', () => {
    const { limits: enterprise, clock } = limits('enterprise');
    const standing = times(50, () => enterprise.management('other')).at(-1)?.standing;
    // 50 are missing, 16 come back each second.
    expect(standing).toEqual({ limit: 50, remaining: 0, resetSeconds: startSecond + 4 });
    clock.nowMs += 1_000;
    expect(times(17, () => enterprise.management('other').refused).filter((refused) => refused === undefined)).toHaveLength(16);
    clock.nowMs += 3_600_000;
    expect(enterprise.management('other').standing.remaining).toBe(49);
  });

  it('brings nothing for a clock that is set back, takes nothing away, and refills from then on', () => {
    const { limits: enterprise, clock } = limits('enterprise');
    times(90, () => enterprise.authentication('token'));
    clock.nowMs -= 3_600_000;
    expect(enterprise.authentication('token').standing.remaining).toBe(9);
    times(9, () => enterprise.authentication('token'));
    expect(enterprise.authentication('token').refused).toBeDefined();
    clock.nowMs += 1_000;
    // As the standing of the refusal told.
    expect(enterprise.authentication('token').standing.remaining).toBe(99);
  });

  it('tests the global bucket first, then that of the endpoint, and takes of neither where one refuses', () => {
    const { limits: enterprise, clock } = limits('enterprise');
    const searches = times(6, () => enterprise.management('search_clients'));
    expect(searches.at(-1)).toMatchObject({ refused: 'Endpoint limit has been reached', standing: { limit: 5, remaining: 0 } });
    expect(enterprise.management('other').standing.remaining).toBe(44);
    times(44, () => enterprise.management('other'));
    expect(enterprise.management('search_clients')).toMatchObject({ refused: 'Global limit has been reached', standing: { limit: 50 } });
    clock.nowMs += 60_000;
    expect(times(5, () => enterprise.management('search_clients').refused)).toEqual(Array.from({ length: 5 }));
  });

  it('has the buckets of each plan', () => {
    const tokens: Record<string, number> = { free: 30, essentials: 25, professional: 25, 'private-dev': 20, 'private-500': 500 };
    for (const [plan, count] of Object.entries(tokens)) {
      const { limits: of } = limits(plan as RateLimitPlan);
      const refusals = times(count + 1, () => of.authentication('token').refused);
      expect(refusals.filter((refused) => refused === undefined)).toHaveLength(count);
    }
    for (const plan of rateLimitPlans) {
      if (plan === 'off') continue;
      const { limits: of, clock } = limits(plan);
      const rotations = times(8, () => {
        clock.nowMs += 60_000;
        return of.management('rotate_signing_keys').refused;
      });
      expect(rotations.filter((refused) => refused === undefined)).toHaveLength(5);
    }
  });

  it('limits the self-service plans by endpoint, with one bucket for all that have none of their own', () => {
    const { limits: essentials } = limits('essentials');
    const passed = (endpoint: Parameters<RateLimits['management']>[0]): number =>
      times(20, () => essentials.management(endpoint).refused).filter((refused) => refused === undefined).length;
    expect([passed('read_clients'), passed('search_clients'), passed('read_logs'), passed('other')]).toEqual([5, 5, 10, 10]);
    expect([passed('read_organization_client_grants'), passed('write_organization_client_grants')]).toEqual([10, 5]);
  });

  it('tells the log once when a bucket runs low and once when it is dry, and again after it was full', () => {
    const { limits: enterprise, clock, entries } = limits('enterprise');
    times(130, () => enterprise.authentication('token'));
    expect(entries.map(({ type }) => type)).toEqual(['api_limit_warning', 'api_limit']);
    expect(entries[1]?.details).toEqual({ limit: { bucket: 'global', size: 100, global: true, usage: 100 } });
    clock.nowMs += 1_000;
    times(110, () => enterprise.authentication('token'));
    expect(entries).toHaveLength(4);
  });

  it('is not fooled by a clock that is set back', () => {
    const { limits: enterprise, clock } = limits('enterprise');
    times(100, () => enterprise.authentication('token'));
    clock.nowMs -= 5_000;
    expect(enterprise.authentication('token').refused).toBeDefined();
  });
});
