import type { TokenKeeper } from '@evertoken/client';
import { issueTokens, json, passTime, refuseWith, type Script, untilSettled } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { aStage } from './stage.ts';

const stage = aStage();
let keeper: TokenKeeper;
let issue: Script;

beforeEach(() => {
  issue = issueTokens(3_600);
  stage.endpoint.answer(issue);
  keeper = stage.keeper();
});

describe('a rejected token whose successor did not come at once', () => {
  it('is replaced as soon as the failure of the first attempt allows the next, with no further report', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const told: number[] = [];
    keeper.on('failed', ({ retryInMs }) => told.push(stage.clock.now() + retryInMs));
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await kept.reject(fingerprint);
    expect(kept.status()).toMatchObject({ isSuspect: true, nextMintAt: told[0], lastFailure: { nextAttemptAt: told[0] } });
    stage.endpoint.answer(issue);
    stage.clock.advance((told[0] ?? 0) - stage.clock.now() - 1);
    await untilSettled(keeper);
    expect(stage.endpoint.requests).toHaveLength(2);
    stage.clock.advance(1);
    await untilSettled(keeper);
    expect(stage.endpoint.requests).toHaveLength(3);
    expect(kept.status()).toMatchObject({ isSuspect: false, nextMintAt: stage.clock.now() + 2_700_000 });
    expect((await kept.get()).fingerprint).not.toBe(fingerprint);
  });

  it('is replaced by a token whose own rejection is hopeless also where the first attempt failed', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await kept.reject(fingerprint);
    stage.endpoint.answer(issue);
    await passTime(stage.clock, keeper, 1_000);
    const hopeless: number[] = [];
    keeper.on('rejectedAfterMint', ({ refusedForMs }) => hopeless.push(refusedForMs));
    await passTime(stage.clock, keeper, 30_000);
    await kept.reject((await kept.get()).fingerprint);
    expect(hopeless).toEqual([60_000]);
  });

  it('is replaced once a reader comes after the failure where the keeper sets no timer', async () => {
    const unhurried = stage.keeper({ schedule: 'on-access' });
    const kept = unhurried.keep(stage.request);
    const { fingerprint } = await kept.get();
    stage.clock.advance(60_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await kept.reject(fingerprint);
    stage.endpoint.answer(issue);
    expect((await kept.get()).fingerprint).toBe(fingerprint);
    expect(kept.status().isMinting).toBe(false);
    stage.clock.advance(1_000);
    expect((await kept.get()).fingerprint).toBe(fingerprint);
    await untilSettled(unhurried);
    expect(stage.endpoint.requests).toHaveLength(3);
    expect(kept.status().isSuspect).toBe(false);
  });

  it('is replaced as soon as the failure of the first attempt allows the next though the clocks move apart meanwhile', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down', { 'retry-after': '120' }));
    await kept.reject(fingerprint);
    stage.endpoint.answer(issue);
    stage.clock.setWallBy(-600_000);
    await passTime(stage.clock, keeper, 120_000);
    expect(kept.status().isSuspect).toBe(false);
  });

  it('is replaced at once with another secret where the former was refused', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    await kept.reject(fingerprint);
    stage.endpoint.answer(issue);
    keeper.keep({ ...stage.request, clientSecret: 'another' });
    await untilSettled(keeper);
    expect(kept.status().isSuspect).toBe(false);
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('is asked for no more than its life needs where the issuer gives the rejected token again', async () => {
    stage.endpoint.answer((_request, response) => json(response, 200, { access_token: 'same', token_type: 'Bearer', expires_in: 3_600 }));
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    await kept.reject(fingerprint);
    await passTime(stage.clock, keeper, 600_000);
    expect(kept.status().isSuspect).toBe(true);
    expect(stage.endpoint.requests).toHaveLength(2);
  });
});
