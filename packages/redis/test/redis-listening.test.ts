import { connect } from 'node:net';
import { systemClock } from '@evertoken/client';
import { aKey, hasRedis, openHoldingRelay, type PrivateRedis, startPrivateRedis } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from './open-store.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: the tests of who listens to a Redis that fails: it is not installed here.');

describe.skipIf(isMissing)('a Redis that somebody listens to', () => {
  let redis: PrivateRedis;
  let url: string;
  beforeAll(async () => {
    redis = await startPrivateRedis();
    url = `redis://127.0.0.1:${redis.port}`;
  }, 120_000);
  afterAll(() => redis?.stop());

  it('was away when somebody began to listen: what was saved meanwhile is looked for', async () => {
    await redis.kill();
    const store = await openStore({ url, connectTimeoutMs: 50 });
    let told = 0;
    store.watch(aKey(), () => {
      told += 1;
    });
    await expect(store.load(aKey())).rejects.toMatchObject({ code: expect.stringMatching(/connection_failed|timeout/) });
    await redis.start();
    // Nothing else is asked of the store.
    await expect.poll(() => told).toBe(1);
  });

  it('cut off who listens: what was saved meanwhile may have been missed, so it is looked for', async () => {
    const store = await openStore({ url });
    let told = 0;
    store.watch(aKey(), () => {
      told += 1;
    });
    await expect.poll(() => redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub')).toContain('sub=1');
    expect(told).toBe(0);
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await expect.poll(() => told).toBe(1);
  });

  it('lets nothing through any more though its connections stay open: who listens finds out, and listens anew', {
    timeout: 30_000,
  }, async () => {
    const relay = await openHoldingRelay(() => connect(redis.port, '127.0.0.1'));
    const { now, monotonic, setTimer } = systemClock;
    const clock = { now, monotonic, setTimer: (wake: () => void, ms: number) => setTimer(wake, ms === 30_000 ? 50 : ms) };
    const store = await openStore({ url: `redis://127.0.0.1:${relay.port}`, clock });
    let told = 0;
    store.watch(aKey(), () => {
      told += 1;
    });
    await expect.poll(() => redis.command('CLIENT', 'LIST', 'TYPE', 'pubsub')).toContain('sub=1');
    expect(relay.connections).toBe(2);
    relay.hold();
    await expect.poll(() => relay.connections, { timeout: 15_000 }).toBeGreaterThan(2);
    expect(told).toBe(0);
    relay.letGo();
    await expect.poll(() => told).toBe(1);
  });
});
