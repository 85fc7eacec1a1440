import { aKey, aStoredToken, hasRedis, type PrivateRedis, startPrivateRedis } from '@evertoken/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: the tests of the keys in Redis: it is not installed here.');

const later = aStoredToken({ accessToken: 'later', expiresAt: aStoredToken().expiresAt - 60_000 });

describe.skipIf(isMissing)('the keys of a token in Redis', () => {
  let redis: PrivateRedis;
  let url: string;
  beforeAll(async () => {
    redis = await startPrivateRedis();
    url = `redis://127.0.0.1:${redis.port}`;
  }, 120_000);
  afterAll(() => redis?.stop());
  beforeEach(async () => {
    if (!isMissing) await redis.command('FLUSHALL');
  });
  const keyOf = async (what: string): Promise<string> => (await redis.command('KEYS', `*:${what}`)).split('\n')[0] as string;

  it('a record of a generation that nobody was given stands in the way of no mint, also of one that has not read it', async () => {
    await (await openStore({ url })).save(aKey(), aStoredToken());
    await redis.command('HSET', await keyOf('token'), 'g', '9007199254740000');
    const store = await openStore({ url });
    const lease = await store.acquire(aKey(), 15_000);
    expect(await lease?.save(later)).toBe(true);
    expect(await store.load(aKey())).toEqual(later);
  });

  it.each(['9007199254740000', '-5'])('generations that have come to %s begin anew, and go on', async (last) => {
    const store = await openStore({ url });
    await (await store.acquire(aKey(), 15_000))?.release();
    await redis.command('SET', await keyOf('generation'), last);
    for (const token of [aStoredToken(), { ...later, expiresAt: aStoredToken().expiresAt + 60_000 }]) {
      const lease = await store.acquire(aKey(), 15_000);
      expect(await lease?.save(token)).toBe(true);
      expect(await store.load(aKey())).toMatchObject({ accessToken: token.accessToken });
      await lease?.release();
    }
  });

  it('generations are kept until their token has ended, and not for ever', async () => {
    const store = await openStore({ url });
    await (await store.acquire(aKey(), 15_000))?.release();
    const DAY = 86_400_000;
    const left = async (what: string): Promise<number> => Number(await redis.command('PTTL', await keyOf(what)));
    expect(await left('generation')).toBeGreaterThan(DAY);
    const lifetimeMs = 60 * DAY;
    await store.save(aKey(), aStoredToken({ lifetimeMs, expiresAt: aStoredToken().askedAt + lifetimeMs }));
    expect(await left('generation')).toBeGreaterThan(await left('token'));
  });

  it('a lease of a fraction of a millisecond more is given and renewed: a token’s life need be no whole number', async () => {
    const store = await openStore({ url });
    const lease = await store.acquire(aKey(), 5_008.325);
    expect(lease).toBeDefined();
    expect(await lease?.renew(5_008.325)).toBe(true);
  });

  it.each<[string, (key: string, redis: PrivateRedis) => Promise<unknown>]>([
    ['without an end', (key, it) => it.command('PERSIST', key)],
    ['whose end is far too late', (key, it) => it.command('PEXPIRE', key, '86400000')],
  ])('a lease %s gets a new one', async (_what, tamper) => {
    const store = await openStore({ url });
    const lease = await store.acquire(aKey(), 15_000);
    await tamper(await keyOf('lease'), redis);
    expect(await store.acquire(aKey(), 200)).toBeUndefined();
    await expect.poll(() => store.acquire(aKey(), 15_000)).toBeDefined();
    expect(await lease?.renew(15_000)).toBe(false);
  });
});
