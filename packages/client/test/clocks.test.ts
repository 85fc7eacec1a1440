import { issueTokens, json, passTime, refuseWith } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests } from './stage.ts';

const stage = aStage();

describe('a kept token and the clocks', () => {
  it('is not handed out expired after the machine slept, and is minted for the first caller', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.suspend(25 * 3_600_000);
    expect((await kept.get()).accessToken).toBe('token-2');
  });

  it('is minted soon after a sleep with no caller, within the spread', async () => {
    const keeper = stage.keeper({ random: () => 0.99 });
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.suspend(20 * 3_600_000);
    await passTime(stage.clock, keeper, 40_000);
    expect(stage.endpoint.requests).toHaveLength(2);
    expect(kept.status().state).toBe('fresh');
  });

  it('is minted in time though the wall clock was set back an hour', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.setWallBy(-3_600_000);
    await passTime(stage.clock, keeper, 2_700_000);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('gives way to its successor though the wall clock was set back an hour and calls the successor the shorter-lived', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 1_800_000);
    stage.clock.setWallBy(-3_600_000);
    await passTime(stage.clock, keeper, 1_000_000);
    expect((await kept.get()).accessToken).toBe('token-2');
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('is not handed out expired though the wall clock was set back and the issuer is down', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await passTime(stage.clock, keeper, 2_800_000);
    stage.clock.setWallBy(-3_600_000);
    await passTime(stage.clock, keeper, 800_000);
    expect(await failureOf(kept.get())).toMatchObject({ code: 'temporarily_unavailable' });
  });

  it('of eight seconds is not handed out expired though the wall clock was set back by no more than corrections are', async () => {
    stage.endpoint.answer(issueTokens(8));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    stage.clock.setWallBy(-5_000);
    await passTime(stage.clock, keeper, 7_500);
    expect(kept.peek()).toBeUndefined();
    expect(await failureOf(kept.get())).toMatchObject({ code: 'temporarily_unavailable' });
  });

  it('that expired while the machine slept is not handed out though the wall clock is corrected right after', async () => {
    const keeper = stage.keeper({ random: () => 0.99 });
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.suspend(25 * 3_600_000);
    // The timer notices, and spreads the mints over ten seconds.
    stage.clock.advance(30_000);
    stage.clock.setWallBy(-3_000);
    expect(kept.peek()).toBeUndefined();
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('that could not be had before the machine slept is asked for again when it wakes', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'not yet known'));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await failureOf(kept.get());
    stage.endpoint.answer(issueTokens(3_600));
    stage.clock.suspend(3_600_000);
    await passTime(stage.clock, keeper, 40_000);
    expect(kept.peek()?.accessToken).toBe('token-1');
  });

  it('is not handed out expired on access either, where no timer notices that the wall clock was set back', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const kept = stage.keeper({ schedule: 'on-access' }).keep(stage.request);
    await kept.get();
    stage.clock.setWallBy(-3_600_000);
    stage.clock.advance(3_600_000);
    expect(kept.peek()).toBeUndefined();
    expect((await kept.get()).accessToken).toBe('token-2');
  });

  it('is not the answer to a rejection where it expired on its way, while the machine slept', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    let late = 0;
    const { script, release } = heldBack((_request, response) => {
      late += 1;
      json(response, 200, { access_token: `late-${late}`, token_type: 'Bearer', expires_in: 3_600 });
    });
    stage.endpoint.answer(script);
    const reporter = kept.reject(fingerprint);
    await untilRequests(stage.endpoint, 2);
    stage.clock.suspend(2 * 3_600_000);
    release();
    await untilRequests(stage.endpoint, 3);
    release();
    const token = await reporter;
    expect(token.accessToken).toBe('late-2');
    expect(token.remainingMs).toBeGreaterThan(0);
  });
});
