import { randomBytes } from 'node:crypto';
import { hasRedis, type PrivateRedis, sharedTokenStoreContract, startPrivateRedis } from '@evertoken/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { openRedisStore } from '../src/index.ts';

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
});
