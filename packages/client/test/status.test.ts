import { MemoryStore } from '@evertoken/client';
import { issueTokens, json, passTime, refuseWith, type Script, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests, untilWaiting } from './stage.ts';

const HOUR = 3_600_000;
const stage = aStage();

const request = () => ({
  issuer: new URL('/', stage.endpoint.url).href,
  tokenEndpoint: stage.endpoint.url,
  clientId: 'worker',
  audience: 'https://orders.example.com',
  resource: undefined,
  scope: undefined,
  organization: undefined,
});

describe('the status of a kept token', () => {
  it('says that nothing is held and nobody waits, before the first mint', () => {
    const kept = stage.keeper({ schedule: 'on-access' }).keep(stage.request);
    expect(kept.status()).toEqual({
      request: request(),
      state: 'empty',
      isSuspect: false,
      nextMintAt: stage.clock.now(),
      isMinting: false,
      mints: 0,
      waiters: 0,
    });
    expect(kept.status()).not.toHaveProperty('lastMint');
  });

  it('says who waits for the mint that is under way, and no more when it has ended', async () => {
    const { script, release } = heldBack(issueTokens(3_600));
    stage.endpoint.answer(script);
    const kept = stage.keeper().keep(stage.request);
    const reads = [kept.get(), kept.get()];
    await untilWaiting(kept);
    await untilRequests(stage.endpoint, 1);
    expect(kept.status()).toMatchObject({ isMinting: true, waiters: 2, mints: 0 });
    release();
    await Promise.all(reads);
    expect(kept.status()).toMatchObject({ isMinting: false, waiters: 0, mints: 1 });
  });

  it('describes the held token, how it came, and when the next one is due', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const kept = stage.keeper().keep(stage.request);
    const token = await kept.get();
    const at = stage.clock.now();
    expect(kept.status()).toEqual({
      request: request(),
      state: 'fresh',
      isSuspect: false,
      token: {
        fingerprint: token.fingerprint,
        tokenType: 'Bearer',
        scope: undefined,
        askedAt: at,
        expiresAt: at + HOUR,
        dueAt: at + 0.75 * HOUR,
        urgentAt: at + HOUR - 60_000,
        usableUntil: at + HOUR - 10_000,
        lifetimeSeconds: 3_600,
        remainingSeconds: 3_600,
        runwaySeconds: 3_590,
      },
      nextMintAt: at + 0.75 * HOUR,
      lastMint: { at, durationMs: 0, from: 'issuer' },
      isMinting: false,
      mints: 1,
      waiters: 0,
    });
  });

  it('tells that the held token came from the store, when, and that it cost no mint', async () => {
    const store = new MemoryStore();
    await stage.keeper({ store }).keep(stage.request).get();
    stage.clock.advance(60_000);
    const kept = stage.keeper({ store }).keep(stage.request);
    await kept.get();
    expect(kept.status()).toMatchObject({ mints: 0, lastMint: { at: stage.clock.now(), durationMs: 0, from: 'store' } });
  });

  it('tells how long the mint took, as the events of it and of a failed one do', async () => {
    const keeper = stage.keeper({ schedule: 'on-access' });
    const told: unknown[] = [];
    keeper.on('minted', ({ durationMs }) => told.push(['minted', durationMs]));
    keeper.on('failed', ({ code, durationMs }) => told.push([code, durationMs]));
    const kept = keeper.keep(stage.request);
    const read = async (answer: Script, requests: number, ms: number) => {
      const { script, release } = heldBack(answer);
      stage.endpoint.answer(script);
      const reading = kept.get();
      await untilRequests(stage.endpoint, requests);
      stage.clock.advance(ms);
      release();
      await reading;
    };
    await read(issueTokens(3_600), 1, 1_500);
    expect(kept.status().lastMint).toEqual({ at: stage.clock.now(), durationMs: 1_500, from: 'issuer' });
    stage.clock.advance(2 * HOUR);
    await expect(read(refuseWith(503, 'temporarily_unavailable', 'down'), 2, 2_500)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    expect(told).toEqual([
      ['minted', 1_500],
      ['temporarily_unavailable', 2_500],
    ]);
  });

  it('tells the last failure until a mint succeeds', async () => {
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await failureOf(kept.get());
    const at = stage.clock.now();
    const { message } = await failureOf(kept.get());
    expect(kept.status().lastFailure).toEqual({
      at,
      code: 'temporarily_unavailable',
      message,
      retryable: true,
      details: {
        issuer: request().issuer,
        tokenEndpoint: stage.endpoint.url,
        clientId: 'worker',
        audience: 'https://orders.example.com',
        status: 503,
        oauthError: 'temporarily_unavailable',
        oauthErrorDescription: 'down',
      },
      count: 1,
      nextAttemptAt: kept.status().nextMintAt,
    });
    expect(kept.status().nextMintAt).toBeGreaterThan(at);
    stage.endpoint.answer(issueTokens(3_600));
    await passTime(stage.clock, keeper, 60_000);
    expect(kept.status()).not.toHaveProperty('lastFailure');
  });

  it('plans nothing once it is closed', async () => {
    const kept = stage.keeper().keep(stage.request);
    await kept.get();
    await kept.close();
    expect(kept.status()).toMatchObject({ state: 'empty', nextMintAt: undefined });
    expect(kept.status()).not.toHaveProperty('token');
  });
});

describe('what a keeper tells of a rejection', () => {
  it('is whether a successor is asked for, and for how long none will be', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const told: unknown[] = [];
    keeper.on('rejected', ({ name, isMinting, refusedForMs }) => told.push([name, isMinting, refusedForMs]));
    const kept = keeper.keep(stage.request, { name: 'orders' });
    const first = await kept.get();
    // The floor between two mints. Who has to wait for it does not use up the one forced mint of its time.
    await passTime(stage.clock, keeper, 10_000);
    expect(await kept.reject(first.fingerprint)).toBe(first);
    await passTime(stage.clock, keeper, 20_000);
    const second = await kept.reject(first.fingerprint);
    expect(second.accessToken).toBe('token-2');
    expect(kept.status().isSuspect).toBe(false);
    // A new one was rejected too: another one will not help.
    expect(await kept.reject(second.fingerprint)).toBe(second);
    // A rejection of a token that is held no more says nothing.
    expect(await kept.reject(first.fingerprint)).toBe(second);
    expect(told).toEqual([
      ['orders', false, 20_000],
      ['orders', true, 0],
      ['orders', false, 60_000],
    ]);
  });

  it('leaves the token suspect where its successor cannot be had, and hands it out all the same', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    const held = await kept.get();
    await passTime(stage.clock, keeper, 30_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    expect(await kept.reject(held.fingerprint)).toBe(held);
    expect(kept.status()).toMatchObject({ state: 'fresh', isSuspect: true, lastFailure: { code: 'temporarily_unavailable' } });
  });
});

describe('a caller who needs a token that lives long enough', () => {
  it('gets the held one to the last moment at which it does, and then a new one', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper({ schedule: 'on-access' });
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.advance(HOUR - 1_200_000);
    expect((await kept.get({ minTtlSeconds: 1_200 })).accessToken).toBe('token-1');
    stage.clock.advance(1);
    expect((await kept.get({ minTtlSeconds: 1_200 })).accessToken).toBe('token-2');
    await untilSettled(keeper);
    // More than half a life is more than can be asked for.
    stage.clock.advance(HOUR / 2);
    expect((await kept.get({ minTtlSeconds: 99_999 })).accessToken).toBe('token-2');
  });

  it('is told when none can be had, with what stood in the way and when to come again', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper({ schedule: 'on-access' });
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.advance(HOUR - 1_000_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    const failure = await failureOf(kept.get({ minTtlSeconds: 1_200 }));
    expect(failure).toMatchObject({ code: 'min_ttl_unmet', retryable: true, cause: { code: 'temporarily_unavailable' } });
    expect(failure.message).toBe('No token for "https://orders.example.com" that lives 1200 s more could be had.');
    expect(failure.retryAfterMs).toBe(1_000);
    expect((await kept.get()).accessToken).toBe('token-1');
  });

  it('is told that the issuer took too long where that stood in the way', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const kept = stage.keeper({ schedule: 'on-access', policy: { waitMs: 3_000 } }).keep(stage.request);
    await kept.get();
    stage.clock.advance(HOUR - 1_000_000);
    stage.endpoint.answer(() => undefined);
    const failing = failureOf(kept.get({ minTtlSeconds: 1_200 }));
    await untilWaiting(kept);
    stage.clock.advance(3_000);
    expect(await failing).toMatchObject({ code: 'min_ttl_unmet', cause: { code: 'wait_timeout' } });
  });

  it('gets a new one that has lived half its life on the way, but not longer than needed', async () => {
    stage.endpoint.answer(issueTokens(8));
    const kept = stage.keeper({ schedule: 'on-access' }).keep(stage.request);
    await kept.get();
    stage.clock.advance(5_000);
    const { script, release } = heldBack((_seen, response) =>
      json(response, 200, { access_token: 'slow', token_type: 'Bearer', expires_in: 8 }),
    );
    stage.endpoint.answer(script);
    const reading = kept.get({ minTtlSeconds: 4 });
    await untilRequests(stage.endpoint, 2);
    stage.clock.advance(4_000);
    release();
    expect(await reading).toMatchObject({ accessToken: 'slow', remainingMs: 4_000 });
  });
});
