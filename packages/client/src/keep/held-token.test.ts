import { createHash } from 'node:crypto';
import { ManualClock } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MintedToken } from '../mint/token-endpoint.ts';
import { defaultPolicy as policy } from '../policy/keeping-policy.ts';
import { describeToken } from './describe-token.ts';
import { HeldToken } from './held-token.ts';

const HOUR = 3_600_000;
let clock: ManualClock;
let minted: MintedToken;
beforeEach(() => {
  clock = new ManualClock();
  minted = {
    accessToken: 'abc',
    tokenType: 'Bearer',
    scope: 'read',
    lifetimeMs: HOUR,
    isLifetimeAssumed: false,
    askedAt: clock.now(),
    askedAtMonotonic: clock.monotonic(),
    secretIndex: 0,
  };
});

const judging = (r: number) => ({ clock, policy, r });
const hold = (parts: Partial<MintedToken> = {}) => HeldToken.minted({ ...minted, ...parts }, judging(0), undefined);

describe('a held token', () => {
  it('is named by the first 16 hex digits of its SHA-256', async () => {
    const sha256 = createHash('sha256').update('abc').digest('hex');
    expect((await hold()).token.fingerprint).toBe(sha256.slice(0, 16));
  });

  it('lives from when it was asked for, on whichever clock has run further', async () => {
    clock.advance(2_000);
    const held = await hold();
    expect(held.remainingMs()).toBe(HOUR - 2_000);
    clock.suspend(HOUR / 2);
    expect(held.remainingMs()).toBe(HOUR / 2 - 2_000);
    clock.setWallBy(-HOUR);
    expect(held.remainingMs()).toBe(HOUR - 2_000);
    expect(held.token.remainingMs).toBe(HOUR - 2_000);
    expect(held.token.expiresInSeconds).toBe(3_600 - 2 - policy.maxSafetyMs / 1_000);
    clock.advance(2 * HOUR);
    expect(held.token.remainingMs).toBe(0);
    expect(held.token.expiresInSeconds).toBe(1);
  });

  it('becomes due, urgent and expired at its marks', async () => {
    const held = await hold();
    const at = (remainingMs: number) => {
      clock.advance(held.remainingMs() - remainingMs);
      return held.state();
    };
    expect([at(HOUR / 4 + 1), at(HOUR / 4), at(60_001), at(60_000), at(10_001), at(10_000)]).toEqual([
      'fresh',
      'due',
      'due',
      'urgent',
      'urgent',
      'expired',
    ]);
  });

  it('is due earlier by its jitter, which may be drawn anew', async () => {
    const held = await hold();
    expect(held.dueAt).toBe(minted.askedAt + (HOUR * 3) / 4);
    const redrawn = held.redrawn(0.5, policy);
    expect(redrawn.dueAt).toBe(minted.askedAt + (HOUR * 3) / 4 - 0.1 * (HOUR / 4));
    expect(redrawn.token.accessToken).toBe('abc');
    expect(redrawn.token.fingerprint).toBe(held.token.fingerprint);
    expect(redrawn.remainingMs()).toBe(held.remainingMs());
  });

  it('remembers through a redrawing that a rejection was its cause', async () => {
    const held = await HeldToken.minted(minted, judging(0), 1_234);
    expect(held.forcedAt).toBe(1_234);
    expect(held.redrawn(0, policy).forcedAt).toBe(1_234);
    expect((await hold()).forcedAt).toBeUndefined();
  });

  it('comes back from a store as it went there, with what the wall clock leaves of it', async () => {
    const stored = (await hold()).toStored();
    expect(stored).toEqual({
      accessToken: 'abc',
      tokenType: 'Bearer',
      scope: 'read',
      askedAt: minted.askedAt,
      expiresAt: minted.askedAt + HOUR,
      lifetimeMs: HOUR,
    });
    expect((await hold({ scope: undefined })).toStored()).not.toHaveProperty('scope');
    clock.advance(1_000);
    const held = await HeldToken.stored(stored, judging(0));
    expect(held.remainingMs()).toBe(HOUR - 1_000);
    expect(held.dueAt).toBe(minted.askedAt + (HOUR * 3) / 4);
    clock.advance(1_000);
    expect(held.remainingMs()).toBe(HOUR - 2_000);
    expect(held.toStored()).toEqual(stored);
  });

  it('is compared by what is left of it', async () => {
    const held = await hold();
    clock.advance(5);
    expect(held.life()).toEqual({
      askedAt: held.token.askedAt,
      fingerprint: held.token.fingerprint,
      lifetimeMs: HOUR,
      remainingMs: HOUR - 5,
    });
  });

  it('is described in whole seconds, rounded down and never below none', async () => {
    const held = await hold();
    clock.advance(1_500);
    expect(describeToken(held)).toEqual({
      fingerprint: held.token.fingerprint,
      tokenType: 'Bearer',
      scope: 'read',
      askedAt: minted.askedAt,
      expiresAt: minted.askedAt + HOUR,
      dueAt: held.dueAt,
      urgentAt: minted.askedAt + HOUR - 60_000,
      usableUntil: minted.askedAt + HOUR - 10_000,
      lifetimeSeconds: 3_600,
      remainingSeconds: 3_598,
      runwaySeconds: 3_588,
    });
    clock.advance(HOUR - 1_500 - 5_000);
    expect(describeToken(held)).toMatchObject({ remainingSeconds: 5, runwaySeconds: 0 });
    clock.advance(6_000);
    expect(describeToken(held)).toMatchObject({ remainingSeconds: 0, runwaySeconds: 0 });
  });
});
