import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { isTokenError, systemClock, TokenKeeper } from '@evertoken/client';
import {
  aKey,
  aStoredToken,
  hasRedis,
  json,
  ManualClock,
  type PrivateRedis,
  startPrivateRedis,
  startTokenEndpoint,
} from '@evertoken/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisStore, type RedisStoreOptions } from '../src/index.ts';
import { keys, openStore } from './open-store.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: the tests of a Redis that fails: it is not installed here.');

const later = aStoredToken({ accessToken: 'later', expiresAt: aStoredToken().expiresAt - 60_000 });

describe.skipIf(isMissing)('a Redis that fails', () => {
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

  it.each<[string, (key: string, redis: PrivateRedis) => Promise<unknown>]>([
    ['of another format version', (key, it) => it.command('HSET', key, 'v', '2')],
    ['of a generation that nobody was given', (key, it) => it.command('HSET', key, 'g', '9007199254740000')],
    [
      'of another generation than it was sealed for',
      async (key, it) => {
        await it.command('INCR', key.replace(':token', ':generation'));
        await it.command('HSET', key, 'g', '2');
      },
    ],
    ['of no generation', (key, it) => it.command('HDEL', key, 'g')],
    ['that is cut', async (key, it) => it.command('HSET', key, 's', (await it.command('HGET', key, 's')).slice(0, 40))],
    ['that is no record', (key, it) => it.command('HSET', key, 's', 'not base64 at all')],
    ['with the fingerprint of another', (key, it) => it.command('HSET', key, 'f', 'ffffffffffffffff')],
    [
      'that is of another type',
      async (key, it) => {
        await it.command('DEL', key);
        await it.command('SET', key, 'text');
      },
    ],
    ['whose generations are no number', (key, it) => it.command('SET', key.replace(':token', ':generation'), 'many')],
  ])('has a record %s: it is none, is counted, and the next mint replaces it', async (_what, tamper) => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    await tamper(await keyOf('token'), redis);
    expect(await store.load(aKey())).toBeUndefined();
    expect(store.counts).toEqual({ unreadable: 1, endedHere: 0, failed: 0, leaseWaits: 0 });
    const lease = await store.acquire(aKey(), 15_000);
    expect(await lease?.save(later)).toBe(true);
    expect(await store.load(aKey())).toEqual(later);
  });

  it('has two records swapped between tokens: neither is read', async () => {
    const store = await openStore({ url });
    await store.save(aKey('a'), aStoredToken({ accessToken: 'one' }));
    const first = await keyOf('token');
    await store.save(aKey('b'), aStoredToken({ accessToken: 'two' }));
    const second = (await redis.command('KEYS', '*:token')).split('\n').find((key) => key !== first) as string;
    await redis.command('RENAME', first, 'evertoken:swap');
    await redis.command('RENAME', second, first);
    await redis.command('RENAME', 'evertoken:swap', second);
    expect([await store.load(aKey('a')), await store.load(aKey('b'))]).toEqual([undefined, undefined]);
    expect(store.counts.unreadable).toBe(2);
  });

  it('is asked with the wrong key: nothing is read, and what is minted replaces what cannot be read', async () => {
    await (await openStore({ url })).save(aKey(), aStoredToken());
    const stranger = await openStore({ url, keys: [randomBytes(32)] });
    expect(await stranger.load(aKey())).toBeUndefined();
    await stranger.save(aKey(), later);
    expect(await stranger.load(aKey())).toEqual(later);
  });

  it('has a record without an end, or one whose end is far too late: its token lives no longer', async () => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    await redis.command('PERSIST', await keyOf('token'));
    expect(await store.load(aKey())).toEqual(aStoredToken());
    await redis.command('PEXPIRE', await keyOf('token'), '99999999999');
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });

  it('says by its own clock when a token ends, where that of this machine is behind', async () => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    const { now, monotonic, setTimer } = systemClock;
    const behind = await openStore({ url, clock: { now: () => now() - 600_000, monotonic, setTimer } });
    const token = await behind.load(aKey());
    expect((token?.expiresAt ?? 0) - (now() - 600_000)).toBeLessThanOrEqual(3_600_000);
  });

  it('has a record whose token has ended by the clock of this machine alone: it is none here, is counted apart, and stays for the others', async () => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    const { now, monotonic, setTimer } = systemClock;
    const ahead = await openStore({ url, clock: { now: () => now() + 7_200_000, monotonic, setTimer } });
    expect(await ahead.load(aKey())).toBeUndefined();
    expect(ahead.counts).toMatchObject({ unreadable: 0, endedHere: 1 });
    // What it mints for itself lives shorter than what is there.
    await ahead.save(aKey(), aStoredToken({ accessToken: 'own', lifetimeMs: 600_000, expiresAt: now() + 7_200_000 + 600_000 }));
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });

  it('forgot its scripts: they are sent again', async () => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    await redis.command('SCRIPT', 'FLUSH');
    expect(await store.load(aKey())).toEqual(aStoredToken());
    expect(store.counts.failed).toBe(0);
  });

  it('lost all that it had in the middle of a mint: what is saved then is read', async () => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    await store.remove(aKey());
    const lease = await store.acquire(aKey(), 15_000);
    await redis.command('FLUSHALL');
    expect(await lease?.save(aStoredToken())).toBe(true);
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });

  it('has no memory left: it says so, and reads go on', async () => {
    const store = await openStore({ url });
    await store.save(aKey(), aStoredToken());
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      await expect(store.acquire(aKey('b'), 15_000)).rejects.toMatchObject({
        code: 'out_of_memory',
        message: expect.stringContaining('maxmemory'),
      });
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['is a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ])('%s: it is down, though reads are answered, until it takes a lease again', async (_what, begin, end) => {
    const clock = new ManualClock();
    const endpoint = await startTokenEndpoint();
    // The keeper's time is moved; how long an answer takes is the machine's.
    const { monotonic, setTimer } = systemClock;
    const store = await openRedisStore({ keys, url, commandTimeoutMs: 5_000, clock: { now: () => clock.now(), monotonic, setTimer } });
    const keeper = new TokenKeeper({ store, clock, policy: { storeWaitMs: 60_000 } });
    onTestFinished(async () => {
      await keeper.close();
      await endpoint.close();
    });
    const told: string[] = [];
    keeper.on('storeDegraded', ({ operation }) => told.push(operation));
    keeper.on('storeRecovered', () => told.push('recovered'));
    const kept = keeper.keep({ tokenEndpoint: endpoint.url, clientId: 'worker', clientSecret: 's3cret' });
    await kept.get();
    clock.advance(60_000);
    endpoint.answer((_, response) => json(response, 200, { access_token: 'longer', token_type: 'Bearer', expires_in: 90_000 }));
    await redis.command(...begin);
    try {
      await kept.reject(kept.peek()?.fingerprint ?? '');
      expect(told).toEqual(['lease']);
      for (let probes = 0; probes < 3; probes += 1) {
        const before = store.counts.failed;
        clock.advance(60_001);
        await expect.poll(() => store.counts.failed).toBeGreaterThan(before);
        expect(keeper.isSharedStoreDown).toBe(true);
      }
      expect(told).toEqual(['lease']);
    } finally {
      await redis.command(...end);
    }
    clock.advance(60_001);
    await expect.poll(() => told).toEqual(['lease', 'recovered']);
    clock.advance(5_000);
    // It gets what it missed.
    await expect.poll(async () => redis.command('HGET', await keyOf('token'), 'f')).toBe(kept.peek()?.fingerprint);
    expect(endpoint.requests).toHaveLength(2);
  });

  it('does not answer: the wait ends, and a lease that was given too late keeps nobody waiting', async () => {
    const store = await openStore({ url, commandTimeoutMs: 200 });
    redis.signal('SIGSTOP');
    try {
      await expect(store.load(aKey())).rejects.toMatchObject({ code: 'timeout' });
      await expect(store.acquire(aKey(), 15_000)).rejects.toMatchObject({ code: 'timeout' });
    } finally {
      redis.signal('SIGCONT');
    }
    const other = await openStore({ url });
    await expect.poll(() => other.acquire(aKey(), 15_000)).toBeDefined();
    expect(store.counts.failed).toBeGreaterThanOrEqual(2);
  });

  it('is gone and comes back: it is found again, and so is who listens', { timeout: 40_000 }, async () => {
    const [one, other] = [await openStore({ url }), await openStore({ url })];
    let told = 0;
    other.watch(aKey(), () => {
      told += 1;
    });
    await redis.kill();
    await expect(one.load(aKey())).rejects.toMatchObject({ code: expect.stringMatching(/connection_failed|timeout/) });
    const late = await openStore({ url, connectTimeoutMs: 50 });
    await redis.start();
    await expect
      .poll(() =>
        one.load(aKey()).then(
          () => 'there',
          () => 'away',
        ),
      )
      .toBe('there');
    await expect
      .poll(() =>
        late.load(aKey()).then(
          () => 'there',
          () => 'away',
        ),
      )
      .toBe('there');
    // Who listens tries again less and less often.
    await expect
      .poll(
        async () => {
          await one.save(aKey(), aStoredToken()).catch(() => undefined);
          return told;
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
  });

  it.each<[string, string]>([
    ['garbage', '!!! this is no Redis !!!\r\n'],
    ['a web page', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['an error', '-ERR no such thing as evk_secret\r\n'],
    ['LOADING', '-LOADING Redis is loading the dataset in memory\r\n'],
    ['a number where a list is due', ':42\r\n'],
  ])('answers %s: callers get their tokens from the issuer, and the keeper tells it', async (_what, answer) => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(answer.repeat(3)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const endpoint = await startTokenEndpoint();
    const store = await openRedisStore({ keys, url: `redis://127.0.0.1:${port}`, connectTimeoutMs: 100 });
    const keeper = new TokenKeeper({ store });
    const told: string[] = [];
    keeper.on('storeDegraded', ({ message }) => told.push(message));
    try {
      const kept = keeper.keep({ tokenEndpoint: endpoint.url, clientId: 'worker', clientSecret: 's3cret' });
      const token = await kept.get().catch((error: unknown) => (isTokenError(error) ? error.code : error));
      expect(token).toMatchObject({ accessToken: 'token-1' });
      expect(told).toHaveLength(1);
      expect(told[0]).not.toMatch(/evk_secret|token-1/);
      expect(store.counts.failed).toBeGreaterThan(0);
    } finally {
      await keeper.close();
      await endpoint.close();
      server.close();
    }
  });

  it.each<[string, string, Partial<RedisStoreOptions>]>([
    ['another scheme', '`url`', { url: 'http://localhost' }],
    ['two places', '`url`, `sentinel` and `cluster`', { url: 'redis://localhost', cluster: [{ host: 'localhost' }] }],
    ['no place', '`url`, `sentinel` and `cluster`', {}],
    ['no name of the primary', '`sentinel.name`', { sentinel: { name: '', nodes: [{ host: 'localhost' }] } }],
    ['no Sentinel', '`sentinel.nodes`', { sentinel: { name: 'tokens', nodes: [] } }],
    ['no node', '`cluster`', { cluster: [] }],
    ['no key', '`keys`', { url: 'redis://localhost', keys: [] }],
    ['a key that is too short', '`keys`', { url: 'redis://localhost', keys: [randomBytes(31)] }],
    ['a prefix with braces', '`prefix`', { url: 'redis://localhost', prefix: 'a{b}' }],
    ['an empty namespace key', '`namespaceKey`', { url: 'redis://localhost', namespaceKey: new Uint8Array(0) }],
    ['TLS that verifies nobody', '`tls.rejectUnauthorized`', { url: 'rediss://localhost', tls: { rejectUnauthorized: false } }],
    ['no time for a command', '`commandTimeoutMs`', { url: 'redis://localhost', commandTimeoutMs: 0 }],
    ['a user without a password', '`username` needs a `password`', { cluster: [{ host: 'localhost' }], username: 'tokens' }],
  ])('is configured with %s: the message names %s', async (_, name, options) => {
    await expect(openRedisStore({ keys, ...options })).rejects.toThrow(name);
    await expect(openRedisStore({ keys, ...options })).rejects.toThrow(TypeError);
  });
});
