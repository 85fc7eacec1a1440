import { keepToken, MemoryStore, TokenKeeper } from '@evertoken/client';
import { issueTokens, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, untilRequests } from './stage.ts';

const HOUR = 3_600_000;
const stage = aStage();

describe('a kept token that nobody reads', () => {
  it('is minted when its keeping begins, and again when it is due', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await untilRequests(stage.endpoint, 1);
    await untilSettled(keeper);
    expect(kept.peek()?.accessToken).toBe('token-1');
    expect(kept.status().nextMintAt).toBe(stage.clock.now() + 0.75 * HOUR);
    await passTime(stage.clock, keeper, 0.75 * HOUR - 1_000);
    expect(stage.endpoint.requests).toHaveLength(1);
    await passTime(stage.clock, keeper, 2_000);
    expect(kept.peek()?.accessToken).toBe('token-2');
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('waits for its reader where the keeper looks at the clock on access alone, also after a look into the store', async () => {
    const keeper = stage.keeper({ schedule: 'on-access', store: new MemoryStore() });
    const kept = keeper.keep(stage.request);
    keeper.keep({ ...stage.request, clientSecret: 'another' });
    await passTime(stage.clock, keeper, HOUR);
    expect(stage.endpoint.requests).toHaveLength(0);
    expect(stage.clock.timers).toBe(0);
    expect((await kept.get()).accessToken).toBe('token-1');
    expect(stage.endpoint.requests[0]?.form.get('client_secret')).toBe('another');
    expect(stage.clock.timers).toBe(0);
  });

  it('waits for its reader where the keeper looks at the clock on access alone, also with a secret that was mended', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'wrong secret'));
    const keeper = stage.keeper({ schedule: 'on-access' });
    const kept = keeper.keep(stage.request);
    await failureOf(kept.get());
    stage.endpoint.answer(issueTokens(3_600));
    keeper.keep({ ...stage.request, clientSecret: 'mended' });
    await untilSettled(keeper);
    expect(stage.endpoint.requests).toHaveLength(1);
    expect((await kept.get()).accessToken).toBe('token-1');
  });

  it('is asked for with a secret that was mended, at once', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'wrong secret'));
    const keeper = stage.keeper();
    keeper.keep(stage.request);
    await untilRequests(stage.endpoint, 1);
    await untilSettled(keeper);
    stage.endpoint.answer(issueTokens(3_600));
    const kept = keeper.keep({ ...stage.request, clientSecret: 'mended' });
    await untilRequests(stage.endpoint, 2);
    await untilSettled(keeper);
    expect(kept.peek()?.accessToken).toBe('token-1');
  });

  it('is not asked for anew when the same secret is given again', async () => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'wrong secret'));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await failureOf(kept.get());
    keeper.keep({ ...stage.request });
    expect(await failureOf(kept.get())).toMatchObject({ code: 'invalid_client' });
    expect(stage.endpoint.requests).toHaveLength(1);
  });
});

describe('many kept tokens after the machine slept', () => {
  /** Ten tokens of an hour, taken up without jitter; from then on `random` draws 0.0, 0.1 … 0.9 in turn. */
  async function tenTokens() {
    stage.endpoint.answer(issueTokens(3_600));
    // The machine runs for an hour already.
    stage.clock.advance(HOUR);
    let drawn = 0;
    let isDrawing = false;
    const random = () => (isDrawing ? (drawn++ % 10) / 10 : 0);
    const keeper = stage.keeper({ random, policy: { issuerBurst: 100, issuerRatePerSecond: 100 } });
    const kept = Array.from({ length: 10 }, (_, i) => keeper.keep({ ...stage.request, audience: `urn:api-${i}` }));
    await Promise.all(kept.map((one) => one.get()));
    isDrawing = true;
    return { keeper, kept };
  }

  it('are minted one after the other over ten seconds where they are due', async () => {
    const { keeper, kept } = await tenTokens();
    stage.clock.suspend(HOUR);
    // The next look at the clocks: half a minute at most.
    const seen: number[] = [];
    await passTime(stage.clock, keeper, 30_000);
    for (let second = 0; second <= 10; second += 1) {
      seen.push(stage.endpoint.requests.length - 10);
      await passTime(stage.clock, keeper, 1_000);
    }
    expect(seen[0]).toBeLessThanOrEqual(2);
    expect(seen[5]).toBeGreaterThanOrEqual(4);
    expect(seen[5]).toBeLessThanOrEqual(7);
    expect(stage.endpoint.requests).toHaveLength(20);
    expect(kept.every((one) => one.status().state === 'fresh')).toBe(true);
  });

  it('keep their time where they are not due, each with jitter drawn anew', async () => {
    const { keeper, kept } = await tenTokens();
    const before = kept.map((one) => one.status().token?.dueAt ?? 0);
    expect(new Set(before).size).toBe(1);
    stage.clock.suspend(600_000);
    await passTime(stage.clock, keeper, 60_000);
    expect(stage.endpoint.requests).toHaveLength(10);
    const after = kept.map((one) => one.status().token?.dueAt ?? 0);
    // Tenths of a fifth of the lead, which is a quarter of an hour, drawn in the order in which the tokens came.
    const earlierByMs = after.map((at, i) => Math.round((before[i] ?? 0) - at)).toSorted((a, b) => a - b);
    expect(earlierByMs).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => tenth * 18_000));
    const until = Math.min(...after) - stage.clock.now();
    await passTime(stage.clock, keeper, until - 1_000);
    expect(stage.endpoint.requests).toHaveLength(10);
    await passTime(stage.clock, keeper, 2_000);
    expect(stage.endpoint.requests).toHaveLength(11);
  });

  it('are looked at anew only when the clocks moved apart by more than five seconds', async () => {
    const { keeper, kept } = await tenTokens();
    const dueAts = () => kept.map((one) => one.status().token?.dueAt);
    const before = dueAts();
    stage.clock.suspend(5_000);
    await passTime(stage.clock, keeper, 60_000);
    expect(dueAts()).toEqual(before);
    stage.clock.setWallBy(-5_001);
    await passTime(stage.clock, keeper, 60_000);
    expect(dueAts()).not.toEqual(before);
  });
});

describe('a keeper', () => {
  it('that is closed keeps nothing more, and says so', async () => {
    const keeper = stage.keeper();
    await keeper.close();
    await keeper.close();
    expect(() => keeper.keep(stage.request)).toThrow('The keeper is closed; make a new one.');
  });

  it('and its tokens are closed at the end of the block that uses them', async () => {
    let left: TokenKeeper;
    {
      await using keeper = new TokenKeeper({ clock: stage.clock });
      {
        await using kept = keeper.keep(stage.request);
        await kept.get();
      }
      expect(keeper.kept).toEqual([]);
      left = keeper;
    }
    expect(() => left.keep(stage.request)).toThrow(TypeError);
  });

  it('for one token alone takes a single call', async () => {
    const kept = keepToken(stage.request, { clock: stage.clock });
    expect((await kept.get()).accessToken).toBe('token-1');
    await kept.close();
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
  });

  it('takes a mistake of its own parts for a failure that may pass, and tells what it was', async () => {
    const fetch = () => Promise.resolve({ body: null } as Response);
    const failure = await failureOf(stage.keeper({ fetch }).keep(stage.request).get());
    expect(failure).toMatchObject({ code: 'network_error', retryable: true, message: 'The token request could not be sent.' });
    expect(failure.cause).toBeInstanceOf(TypeError);
  });
});
