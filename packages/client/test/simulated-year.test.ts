import { checkYears, linesOf, simulateYear, type YearScript } from '@evertoken/testkit/simulation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const HOUR = 3_600_000;
const RUNS = 50;
/** The same years in every run, so that a change is to blame for what fails; `npm run simulate` plays others each time. */
const SEED = 20_261_123;

type Token = YearScript['tokens'][number];

/** A token that lives a day, with a reader each hour. */
function aToken(some: Partial<Token> = {}): Token {
  return { issuer: 'A', isDeclared: true, proof: 'secret', lifetimeSeconds: 86_400, told: 'number', readEveryMs: HOUR, ...some };
}

/** Three days of such a token. */
function aScript(some: Partial<YearScript> = {}): YearScript {
  return {
    seed: 1,
    days: 3,
    latencyMs: 40,
    schedule: 'timer',
    maxSleepMs: 30_000,
    store: 'memory',
    maxUndeclared: 10_000,
    maxMintsPerDay: Number.POSITIVE_INFINITY,
    tokens: [aToken()],
    happenings: [],
    ...some,
  };
}

describe('token keeping in a simulated year', () => {
  it(`keeps its promises through ${RUNS} of random trouble`, { timeout: 400_000 }, async () => {
    const checked = await checkYears({ runs: RUNS, seed: SEED });
    if (!checked.ok) throw new Error(checked.report);
    const { tokenDays, requests, tokens, forced, shared, dropped, served, failed, aborted } = checked.total;
    // Trouble was there, and callers who failed for a reason: no empty years.
    expect(Math.min(tokens, requests - tokens, forced, shared, dropped, served, failed, aborted)).toBeGreaterThan(0);
    console.info(
      `${(tokenDays / 365).toFixed(1)} simulated years of one token in ${RUNS} scripts (seed ${checked.seed}): ${requests} requests, ${tokens} tokens, ` +
        `${forced} of them forced, ${shared} failures shared, ${dropped} dropped; ${served} callers served, ${failed} failed for a reason, ${aborted} gave up`,
    );
  });

  it('lets no caller notice an outage that is shorter than the runway', { timeout: 180_000 }, async () => {
    const how = fc.constantFrom('refuses connections' as const, 'hangs' as const, 'answers 503' as const, 'answers 200 with HTML' as const);
    const outages = fc.record({ how, at: fc.integer({ min: 60_000, max: 48 * HOUR }), forMs: fc.integer({ min: 1, max: 5.8 * HOUR }) });
    await fc.assert(
      fc.asyncProperty(outages, fc.nat(), async (outage, seed) => {
        const tokens = [aToken({ readEveryMs: 7 * 60_000 })];
        const script = aScript({ seed, maxSleepMs: HOUR, tokens, happenings: [{ kind: 'outage', issuer: 'A', ...outage }] });
        expect((await simulateYear(script)).failed).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('tells a year as lines, and is the same year for the same script', async () => {
    const script = aScript({
      tokens: [aToken(), aToken({ issuer: 'B', isDeclared: false, proof: 'secret source', readEveryMs: undefined })],
      happenings: [
        { at: 17 * HOUR, kind: 'outage', issuer: 'A', how: 'answers 503', forMs: 90_000 },
        { at: 29 * HOUR, kind: 'rush', callers: 3 },
        { at: 30 * HOUR, kind: 'revocation', token: 3, callers: 9, times: 2, everyMs: 1_000 },
      ],
    });
    expect(linesOf(script)).toEqual([
      '3 days: a store in memory, the issuers take 40 ms, schedule timer, longest sleep of the timer 30 s, at most 10000 undeclared, random seed 1',
      'token 0 of issuer A lives 1 d (told: number), a caller every 1 h, by secret',
      'token 1 of issuer B lives 1 d (told: number), no steady caller, by secret source, undeclared',
      'day 1 17:00:00.000: issuer A answers 503 for 1 min 30 s',
      'day 2 05:00:00.000: 3 callers at once for each token',
      'day 2 06:00:00.000: token 1 is revoked; 9 callers meet its 401, 2 times, every 1 s',
    ]);
    const year = await simulateYear(script);
    expect(year).toMatchObject({ days: 3, tokenDays: 6, forced: 1, failed: 0 });
    expect(await simulateYear(script)).toEqual(year);
  });
});
