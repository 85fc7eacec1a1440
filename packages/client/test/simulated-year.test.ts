import { checkYears, linesOf, simulateYear, type YearScript } from '@evertoken/testkit/simulation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const HOUR = 3_600_000;
const RUNS = 50;

/** Three days of a token that lives one, with a reader each hour. */
function aScript(some: Partial<YearScript> = {}): YearScript {
  return {
    seed: 1,
    days: 3,
    lifetimeSeconds: 86_400,
    told: 'number',
    latencyMs: 40,
    schedule: 'timer',
    maxSleepMs: 30_000,
    readEveryMs: HOUR,
    happenings: [],
    ...some,
  };
}

describe('token keeping in a simulated year', () => {
  it(`keeps its promises through ${RUNS} of random trouble`, { timeout: 180_000 }, async () => {
    const checked = await checkYears({ runs: RUNS });
    if (!checked.ok) throw new Error(checked.report);
    const { days, requests, tokens, forced, served, failed } = checked.total;
    // Trouble was there, and callers who failed for a reason: no empty years.
    expect(Math.min(tokens, requests - tokens, forced, served, failed)).toBeGreaterThan(0);
    console.info(
      `${(days / 365).toFixed(1)} simulated years in ${RUNS} scripts (seed ${checked.seed}): ${requests} requests, ${tokens} tokens, ${forced} of them forced; ` +
        `${served} callers served, ${failed} failed for a reason`,
    );
  });

  it('lets no caller notice an outage that is shorter than the runway', { timeout: 60_000 }, async () => {
    const how = fc.constantFrom('refuses connections' as const, 'hangs' as const, 'answers 503' as const, 'answers 200 with HTML' as const);
    const outages = fc.record({ how, at: fc.integer({ min: 60_000, max: 48 * HOUR }), forMs: fc.integer({ min: 1, max: 5.8 * HOUR }) });
    await fc.assert(
      fc.asyncProperty(outages, fc.nat(), async (outage, seed) => {
        const script = aScript({ seed, maxSleepMs: HOUR, readEveryMs: 7 * 60_000, happenings: [{ kind: 'outage', ...outage }] });
        expect((await simulateYear(script)).failed).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('tells a year as lines, and is the same year for the same script', async () => {
    const script = aScript({
      happenings: [
        { at: 17 * HOUR, kind: 'outage', how: 'answers 503', forMs: 90_000 },
        { at: 30 * HOUR, kind: 'revocation', callers: 9, times: 2, everyMs: 1_000 },
      ],
    });
    expect(linesOf(script)).toEqual([
      '3 days: tokens live 1 d (told: number), the issuer takes 40 ms, a caller every 1 h, schedule timer, longest sleep of the timer 30 s, random seed 1',
      'day 1 17:00:00.000: the issuer answers 503 for 1 min 30 s',
      'day 2 06:00:00.000: the held token is revoked; 9 callers meet its 401, 2 times, every 1 s',
    ]);
    const year = await simulateYear(script);
    expect(year).toMatchObject({ days: 3, forced: 1, failed: 0 });
    expect(await simulateYear(script)).toEqual(year);
  });
});
