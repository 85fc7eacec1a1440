import { randomBytes } from 'node:crypto';
import { aKey, hasRedis, type PrivateRedis, sharedTokenStoreContract, startPrivateRedis } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisStore } from '../src/index.ts';
import { openStore } from './open-store.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: the tests of the store over Redis: it is not installed here.');

describe.skipIf(isMissing)('one Redis', () => {
  const keys = [randomBytes(32)];
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis();
  }, 120_000);
  afterAll(() => redis?.stop());

  sharedTokenStoreContract('the store over Redis', async () => {
    await redis.command('FLUSHALL');
    const options = { url: `redis://127.0.0.1:${redis.port}`, keys, commandTimeoutMs: 5_000 };
    return [await openRedisStore(options), await openRedisStore(options)];
  });

  it('gives a lease and its generation in one round trip, as it reads a token in one', async () => {
    const store = await openStore({ url: `redis://127.0.0.1:${redis.port}` });
    // From then on it knows the script.
    await store.acquire(aKey('a'), 15_000);
    await redis.command('CONFIG', 'RESETSTAT');
    expect(await store.acquire(aKey('b'), 15_000)).toBeDefined();
    const stats = await redis.command('INFO', 'commandstats');
    expect(stats).toMatch(/cmdstat_evalsha:calls=1,/);
    expect(stats).toMatch(/cmdstat_incr:calls=1,/);
  });

  it.each([
    ['ECONNREFUSED', 'redis://127.0.0.1:1'],
    ['ENOTFOUND', 'redis://tokens.invalid'],
  ])('that is not there is told as that (%s), and not as one that is slow', async (code, url) => {
    const store = await openStore({ url, commandTimeoutMs: 100, connectTimeoutMs: 100 });
    await expect
      .poll(() => store.load(aKey()).catch((error: unknown) => error))
      .toMatchObject({ code: 'connection_failed', message: expect.stringContaining(`(${code})`) as string });
  });
});
