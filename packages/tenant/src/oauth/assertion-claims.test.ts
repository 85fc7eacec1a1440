import { expect, it } from 'vitest';
import { AssertionClaims } from './assertion-claims.ts';

it('expired assertions are forgotten once a minute, also after the clock was set back', async () => {
  const clock = { nowMs: 1_790_000_000_000 };
  const pruned: number[] = [];
  const claims = new AssertionClaims({
    store: {
      claimAssertion: () => Promise.resolve(true),
      pruneAssertions: (nowMs) => {
        pruned.push(nowMs);
        return Promise.resolve();
      },
    },
    now: () => clock.nowMs,
    onFault: (error) => expect.unreachable(String(error)),
  });
  const claimed: number[] = [];
  for (const passedMs of [0, 59_999, 1, -3_600_000, 59_999, 1]) {
    clock.nowMs += passedMs;
    claimed.push(clock.nowMs);
    expect(await claims.claim('client', `jti-${claimed.length}`, clock.nowMs + 60_000)).toBe(true);
  }
  expect(pruned).toEqual([0, 2, 3, 5].map((index) => claimed[index]));
});
