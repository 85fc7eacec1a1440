import { describe, expect, it } from 'vitest';
import { checkPolicy, defaultPolicy, policyRanges } from './keeping-policy.ts';

describe('the policy', () => {
  it('is within its ranges by default', () => {
    expect(checkPolicy(defaultPolicy)).toEqual(defaultPolicy);
    expect(Object.keys(policyRanges)).toEqual(Object.keys(defaultPolicy));
  });

  it('is the default where nothing is said', () => {
    expect(checkPolicy()).toEqual(defaultPolicy);
    expect(checkPolicy({ waitMs: 500, leadShare: 0.5 })).toEqual({ ...defaultPolicy, waitMs: 500, leadShare: 0.5 });
  });

  it('is due before it is urgent, and urgent before it counts as expired, however long it lives', () => {
    const { leadShare, urgentShare, safetyShare, urgentMs, maxSafetyMs, minSafetyMs, minLeadMs } = defaultPolicy;
    expect(leadShare).toBeGreaterThan(urgentShare);
    expect(urgentShare).toBeGreaterThan(safetyShare);
    expect(minLeadMs).toBeGreaterThan(urgentMs);
    expect(urgentMs).toBeGreaterThan(maxSafetyMs);
    expect(maxSafetyMs).toBeGreaterThan(minSafetyMs);
  });

  it('lets a caller wait for a whole mint where nothing else helps, and not for long where something does', () => {
    const { waitMs, urgentWaitMs, mintTimeoutMs, storeWaitMs, maxSafetyMs } = defaultPolicy;
    expect(waitMs).toBeGreaterThanOrEqual(mintTimeoutMs);
    expect(urgentWaitMs).toBeLessThan(maxSafetyMs);
    expect(storeWaitMs).toBeLessThan(urgentWaitMs);
  });

  it('asks an issuer again soon at first, then seldom, and within the time that it looks at the clock', () => {
    const { retryBaseMs, retryCapExpiredMs, retryCapMs, permanentRetryMs, permanentRetryCapMs, retryAfterCapMs, maxSleepMs } =
      defaultPolicy;
    expect(retryBaseMs).toBeLessThan(retryCapExpiredMs);
    expect(retryCapExpiredMs).toBeLessThan(retryCapMs);
    expect(permanentRetryMs).toBeLessThan(permanentRetryCapMs);
    expect(retryCapMs).toBeLessThan(retryAfterCapMs);
    expect(maxSleepMs).toBeLessThanOrEqual(retryCapExpiredMs);
  });

  it('forces no second mint before the first one had its time, and then less and less often', () => {
    const { forcedMintFloorMs, forcedRefusalMs, forcedRefusalCapMs, rejectedAfterMintMs, mintFloorMs } = defaultPolicy;
    expect(forcedMintFloorMs).toBeGreaterThanOrEqual(mintFloorMs);
    expect(rejectedAfterMintMs).toBeGreaterThan(forcedMintFloorMs);
    expect(forcedRefusalMs).toBeLessThan(forcedRefusalCapMs);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['`policy.leadShare`', { leadShare: 0.7 }, /at most 0\.5/],
    ['`policy.leadShare`', { leadShare: 0 }, /above 0/],
    ['`policy.safetyShare`', { safetyShare: 1 }, /from 0 to below 1/],
    ['`policy.waitMs`', { waitMs: -1 }, /0 or more/],
    ['`policy.waitMs`', { waitMs: Number.NaN }, /0 or more/],
    ['`policy.waitMs`', { waitMs: Number.POSITIVE_INFINITY }, /0 or more/],
    ['`policy.waitMs`', { waitMs: '5' }, /0 or more/],
    ['`policy.waitSeconds`', { waitSeconds: 3 }, /unknown; known are leadShare, /],
    ['`policy.maxMintsPerDay`', { maxMintsPerDay: Number.NEGATIVE_INFINITY }, /1 or more/],
    ['`policy.leadShare`', { leadShare: Number.POSITIVE_INFINITY }, /at most 0\.5/],
    ['`policy.toString`', { toString: 3 }, /unknown/],
    ['`policy.issuerRatePerSecond`', { issuerRatePerSecond: 0 }, /above 0/],
    ['`policy.issuerBurst`', { issuerBurst: 0.5 }, /1 or more/],
    ['`policy.probeAfterFailures`', { probeAfterFailures: 0 }, /1 or more/],
    ['`policy.maxMintsPerDay`', { maxMintsPerDay: 0 }, /1 or more/],
    ['`policy.maxUndeclared`', { maxUndeclared: 0 }, /1 or more/],
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
