import { describe, expect, it } from 'vitest';
import { checkPolicy, defaultPolicy, type KeepingPolicy } from './keeping-policy.ts';

describe('the policy', () => {
  it('is the default where nothing is said', () => {
    expect(checkPolicy()).toEqual(defaultPolicy);
    expect(checkPolicy({ waitMs: 500, leadShare: 0.5 })).toEqual({ ...defaultPolicy, waitMs: 500, leadShare: 0.5 });
  });

  it('has these numbers', () => {
    expect(defaultPolicy).toEqual({
      leadShare: 0.25,
      minLeadMs: 300_000,
      jitterShare: 0.2,
      urgentMs: 60_000,
      urgentShare: 0.1,
      safetyShare: 0.02,
      minSafetyMs: 1_000,
      maxSafetyMs: 10_000,
      defaultLifetimeSeconds: 300,
      waitMs: 10_000,
      urgentWaitMs: 2_000,
      mintTimeoutMs: 10_000,
      mintFloorMs: 30_000,
      mintFloorShare: 0.1,
      retryBaseMs: 1_000,
      retryCapMs: 300_000,
      retryCapExpiredMs: 30_000,
      permanentRetryMs: 30_000,
      permanentRetryCapMs: 300_000,
      retryAfterCapMs: 3_600_000,
      forcedMintFloorMs: 30_000,
      rejectedAfterMintMs: 60_000,
      forcedRefusalMs: 60_000,
      forcedRefusalCapMs: 900_000,
      issuerRatePerSecond: 5,
      issuerBurst: 10,
      probeAfterFailures: 5,
      maxMintsPerDay: Number.POSITIVE_INFINITY,
      undeclaredIdleMs: 86_400_000,
      maxUndeclared: 10_000,
      storeWaitMs: 250,
      maxSleepMs: 30_000,
      rejudgeSpreadMs: 10_000,
    } satisfies KeepingPolicy);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['`policy.leadShare`', { leadShare: 0.7 }, /at most 0\.5/],
    ['`policy.leadShare`', { leadShare: 0 }, /above 0/],
    ['`policy.safetyShare`', { safetyShare: 1 }, /share/],
    ['`policy.waitMs`', { waitMs: -1 }, /0 or more/],
    ['`policy.waitMs`', { waitMs: Number.NaN }, /0 or more/],
    ['`policy.waitMs`', { waitMs: Number.POSITIVE_INFINITY }, /0 or more/],
    ['`policy.waitMs`', { waitMs: '5' }, /0 or more/],
    ['`policy.waitSeconds`', { waitSeconds: 3 }, /unknown; known are leadShare, /],
    ['`policy.toString`', { toString: 3 }, /unknown/],
    ['`policy.issuerRatePerSecond`', { issuerRatePerSecond: 0 }, /above 0/],
    ['`policy.issuerBurst`', { issuerBurst: 0.5 }, /let something through/],
    ['`policy.probeAfterFailures`', { probeAfterFailures: 0 }, /let something through/],
    ['`policy.maxMintsPerDay`', { maxMintsPerDay: 0 }, /let something through/],
    ['`policy.maxUndeclared`', { maxUndeclared: 0 }, /let something through/],
  ])('names %s, case %#', (name, numbers, what) => {
    expect(() => checkPolicy(numbers as never)).toThrow(TypeError);
    expect(() => checkPolicy(numbers as never)).toThrow(name);
    expect(() => checkPolicy(numbers as never)).toThrow(what);
  });

  it.each([
    { leadShare: 0.5 },
    { safetyShare: 0 },
    { waitMs: 0 },
    { issuerRatePerSecond: 0.1 },
    { issuerBurst: 1 },
    { maxMintsPerDay: 1 },
    { maxUndeclared: Number.POSITIVE_INFINITY },
  ])('allows %j', (numbers) => {
    expect(checkPolicy(numbers)).toMatchObject(numbers);
  });
});
