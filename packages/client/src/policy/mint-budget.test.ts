import { describe, expect, it } from 'vitest';
import { spendMint } from './mint-budget.ts';

const DAY = 86_400_000;

describe('a budget of ten requests a day', () => {
  it('lets ten through in any 24 h and tells when the next may go', () => {
    let spent: readonly number[] = [];
    for (let i = 0; i < 10; i += 1) {
      const decision = spendMint(spent, i * 1_000, 10);
      expect(decision.mayMint).toBe(true);
      spent = decision.spent;
    }
    expect(spendMint(spent, 60_000, 10)).toMatchObject({ mayMint: false, waitMs: DAY - 60_000 });
    expect(spendMint(spent, DAY - 1, 10)).toMatchObject({ mayMint: false, waitMs: 1 });
    expect(spendMint(spent, DAY, 10)).toMatchObject({ mayMint: true });
  });

  it('warns once, at the eighth', () => {
    let spent: readonly number[] = [];
    const warnings = Array.from({ length: 10 }, (_, i) => {
      const decision = spendMint(spent, i, 10);
      spent = decision.spent;
      return decision.mayMint && decision.isWarning;
    });
    expect(warnings.flatMap((isWarning, i) => (isWarning ? [i + 1] : []))).toEqual([8]);
  });

  it('forgets what is older than a day, and everything where there is no limit', () => {
    expect(spendMint([0, 1, DAY], DAY + 1, 10).spent).toEqual([DAY, DAY + 1]);
    expect(spendMint([], 5, Number.POSITIVE_INFINITY)).toEqual({ mayMint: true, spent: [], isWarning: false });
  });
});
