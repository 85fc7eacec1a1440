import { describe, expect, it } from 'vitest';
import { decideForcedMint, noForcedMints } from './forced-mint.ts';
import { defaultPolicy } from './keeping-policy.ts';

describe('a rejection of the held token', () => {
  it('forces a mint', () => {
    expect(decideForcedMint(0, undefined, noForcedMints, defaultPolicy)).toEqual({
      mayMint: true,
      history: { ...noForcedMints, lastForcedAt: 0 },
    });
  });

  it('forces no second one within 30 s', () => {
    const { history } = decideForcedMint(0, undefined, noForcedMints, defaultPolicy);
    expect(decideForcedMint(29_999, undefined, history, defaultPolicy)).toMatchObject({
      mayMint: false,
      isHopeless: false,
      refusedForMs: 1,
    });
    expect(decideForcedMint(30_000, undefined, history, defaultPolicy)).toMatchObject({ mayMint: true });
  });

  it('is counted from the last forced mint, whenever the clock began', () => {
    const late = { ...noForcedMints, lastForcedAt: 1_000_000 };
    expect(decideForcedMint(1_029_999, undefined, late, defaultPolicy)).toMatchObject({ mayMint: false, refusedForMs: 1 });
    expect(decideForcedMint(1_030_000, undefined, late, defaultPolicy)).toMatchObject({ mayMint: true });
  });

  it('is refused no longer than the refusal lasts', () => {
    const refused = { ...noForcedMints, refusedUntil: 60_000, refusals: 1 };
    expect(decideForcedMint(59_999, undefined, refused, defaultPolicy)).toMatchObject({ mayMint: false });
    expect(decideForcedMint(60_000, undefined, refused, defaultPolicy)).toMatchObject({ mayMint: true });
  });

  it('is hopeless when the successor of a rejected token is rejected within a minute', () => {
    const history = { ...noForcedMints, lastForcedAt: 0 };
    expect(decideForcedMint(59_999, 0, history, defaultPolicy)).toMatchObject({ mayMint: false, isHopeless: true, refusedForMs: 60_000 });
    expect(decideForcedMint(60_000, 0, history, defaultPolicy)).toMatchObject({ mayMint: true });
  });

  it('is refused twice as long each time it proves hopeless, up to a quarter of an hour', () => {
    expect(refusalsAt([0, 60_000, 180_000, 420_000, 1_000_000, 2_000_000])).toEqual([60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
  });

  it('is refused for a minute only again once nothing proved hopeless for a quarter of an hour after the last refusal', () => {
    expect(refusalsAt([0, 60_000, 60_000 + 120_000 + 899_999])).toEqual([60_000, 120_000, 240_000]);
    expect(refusalsAt([0, 60_000, 60_000 + 120_000 + 900_000])).toEqual([60_000, 120_000, 60_000]);
  });

  it('changes nothing while forced mints are refused', () => {
    const refused = decideForcedMint(1_000, 0, noForcedMints, defaultPolicy);
    expect(decideForcedMint(2_000, 0, refused.history, defaultPolicy)).toEqual({
      mayMint: false,
      isHopeless: false,
      refusedForMs: 59_000,
      history: refused.history,
    });
  });
});

/** How long forced mints are refused after a hopeless rejection at each of these times. */
function refusalsAt(times: readonly number[]): number[] {
  let history = noForcedMints;
  return times.map((now) => {
    const decision = decideForcedMint(now, now - 1, history, defaultPolicy);
    history = decision.history;
    return decision.mayMint ? 0 : decision.refusedForMs;
  });
}
