import { issueTokens, json, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf } from './stage.ts';

const stage = aStage();

describe('an issuer with quotas', () => {
  const limit = (remaining: number, seconds = 3_000) => ({ 'auth0-client-quota-limit': `b=per_hour;q=10;r=${remaining};t=${seconds}` });
  const issuing = (headers: Record<string, string>) =>
    stage.endpoint.answer((_request, response) =>
      json(response, 200, { access_token: `t${stage.endpoint.requests.length}`, token_type: 'Bearer', expires_in: 3_600 }, headers),
    );

  it('is asked early only when it has enough left, and the status shows what it says', async () => {
    issuing(limit(7));
    const keeper = stage.keeper();
    const low: unknown[] = [];
    keeper.on('quotaLow', ({ bucket, remaining }) => low.push([bucket, remaining]));
    const kept = keeper.keep(stage.request);
    await kept.get();
    expect(kept.status().quota).toEqual([
      { owner: 'client', bucket: 'per_hour', quota: 10, remaining: 7, resetsAt: stage.clock.now() + 3_000_000 },
    ]);
    expect(kept.status().nextMintAt).toBe(stage.clock.now() + 2_700_000);
    issuing(limit(2, 3_590));
    stage.clock.advance(2_700_000);
    await untilSettled(keeper);
    expect(low).toEqual([['per_hour', 2]]);
    // Due after 45 min, but the quota is full again only after 59 min 50 s: the mint waits until the token is urgent, a minute before its end.
    expect(kept.status().nextMintAt).toBe(stage.clock.now() + 3_540_000);
  });

  it('is told of once each time it comes to its end, the first answer included', async () => {
    const keeper = stage.keeper({ schedule: 'on-access' });
    const low: number[] = [];
    keeper.on('quotaLow', ({ remaining }) => low.push(remaining));
    const kept = keeper.keep(stage.request);
    for (const remaining of [2, 1, 9, 2]) {
      issuing(limit(remaining));
      await kept.get();
      stage.clock.advance(3_600_000);
    }
    expect(low).toEqual([2, 2]);
  });

  it('is not spared when the quota is full again before the token is urgent', async () => {
    issuing(limit(2, 60));
    const kept = stage.keeper().keep(stage.request);
    await kept.get();
    expect(kept.status().nextMintAt).toBe(stage.clock.now() + 2_700_000);
  });
});

describe('a budget of mints', () => {
  it('is never overdrawn, warns at four fifths, and tells when it has room again', async () => {
    stage.endpoint.answer(issueTokens(60));
    const keeper = stage.keeper({ policy: { maxMintsPerDay: 5 } });
    const warnings: unknown[] = [];
    keeper.on('budgetLow', ({ spent, perDay }) => warnings.push([spent, perDay]));
    const kept = keeper.keep(stage.request);
    for (let minute = 0; minute < 5; minute += 1) {
      await kept.get();
      stage.clock.suspend(61_000);
    }
    const failure = await failureOf(kept.get());
    const message = 'The budget of 5 requests a day for "https://orders.example.com" is used up (`policy.maxMintsPerDay`).';
    expect(failure).toMatchObject({ code: 'budget_exhausted', retryable: true, message });
    expect(failure.retryAfterMs).toBeGreaterThan(3_000_000);
    expect(stage.endpoint.requests).toHaveLength(5);
    expect(warnings).toEqual([[4, 5]]);
  });
});
