import { randomBytes } from 'node:crypto';
import {
  aKey,
  aStoredToken,
  hasRedis,
  type PrivateRedis,
  sharedTokenStoreContract,
  startPrivateRedis,
  startRedisCluster,
  startSentinel,
} from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisStore, type RedisStoreOptions } from '../src/index.ts';
import { keys, openStore } from './open-store.ts';
import { redisCertificate } from './redis-certificate.ts';

const isMissing = !hasRedis();
if (isMissing) console.warn('SKIPPED: the tests of Redis Cluster, Sentinel and TLS: Redis is not installed here.');

const patient = { keys, commandTimeoutMs: 5_000, connectTimeoutMs: 10_000 };

describe.skipIf(isMissing)('a Redis Cluster of three nodes', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 120_000);
  afterAll(() => cluster?.stop());
  const options = () => ({ ...patient, cluster: cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })) });

  sharedTokenStoreContract('the store over Redis Cluster', async () => {
    await Promise.all(cluster.nodes.map((node) => node.command('FLUSHALL')));
    return [await openRedisStore(options()), await openRedisStore(options())];
  });

  it('passes the check of all that a store needs', async () => {
    await expect((await openStore(options())).check()).resolves.toBeUndefined();
  });

  it('has the tokens on all nodes, those of one token together', async () => {
    const store = await openStore(options());
    const digits = '0123456789abcdef'.split('');
    await Promise.all(digits.map((digit) => store.save(aKey(digit), aStoredToken())));
    const counts = await Promise.all(cluster.nodes.map(async (node) => (await node.command('KEYS', '*:token')).split('\n').length));
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect((await Promise.all(digits.map((digit) => store.load(aKey(digit))))).every((token) => token !== undefined)).toBe(true);
  });

  it('is sealed anew on all nodes', async () => {
    await Promise.all(cluster.nodes.map((node) => node.command('FLUSHALL')));
    const fresh = randomBytes(32);
    const digits = '0123456789abcdef'.split('');
    const store = await openStore(options());
    await Promise.all(digits.map((digit) => store.save(aKey(digit), aStoredToken())));
    const rotating = await openStore({ ...options(), keys: [fresh, ...keys] });
    expect(await rotating.rotate()).toEqual({ resealed: 16, current: 0, unreadable: 0 });
    expect(await rotating.rotate()).toEqual({ resealed: 0, current: 16, unreadable: 0 });
    expect(await (await openStore({ ...options(), keys: [fresh] })).load(aKey('a'))).toEqual(aStoredToken());
  });

  it('is followed where a slot has moved, and refused where it is taken for one server', async () => {
    const store = await openStore(options());
    await store.save(aKey(), aStoredToken());
    const [from, to] = await holders(cluster.nodes);
    const key = (await from.command('KEYS', '*:token')).split('\n')[0] as string;
    const slot = await from.command('CLUSTER', 'KEYSLOT', key);
    const toId = await to.command('CLUSTER', 'MYID');
    const fromId = await from.command('CLUSTER', 'MYID');
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const moved = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '100')).split('\n');
    await from.command('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...moved);
    for (const node of cluster.nodes) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    const digits = '0123456789abcdef'.split('');
    await Promise.all(digits.map((digit) => store.save(aKey(digit), aStoredToken())));
    expect((await Promise.all(digits.map((digit) => store.load(aKey(digit))))).every((token) => token !== undefined)).toBe(true);

    const single = await openStore({ ...patient, url: `redis://127.0.0.1:${from.port}` });
    const answers = await Promise.allSettled(digits.map((digit) => single.load(aKey(digit))));
    expect(answers).toContainEqual(
      expect.objectContaining({ status: 'rejected', reason: expect.objectContaining({ code: 'wrong_topology' }) }),
    );
  });
});

/** A node that holds a token, and another one. */
async function holders(nodes: readonly PrivateRedis[]): Promise<[PrivateRedis, PrivateRedis]> {
  for (const node of nodes) {
    if ((await node.command('KEYS', '*:token')) === '') continue;
    return [node, nodes.find((other) => other !== node) as PrivateRedis];
  }
  throw new Error('No node has a token.');
}

describe.skipIf(isMissing)('a Redis with TLS and an ACL user', () => {
  let redis: PrivateRedis;
  const certificate = isMissing ? undefined : redisCertificate();
  const rights =
    '~evertoken:* resetchannels &evertoken:* -@all +@connection +eval +evalsha +hmget +hget +hset +get +set +del +incr +pexpire +pttl +publish +subscribe +unsubscribe +scan +info';
  const inScripts = ['hmget', 'hget', 'get', 'incr', 'set', 'hset', 'del', 'pexpire', 'pttl', 'publish'];
  const plain = ['subscribe', 'scan'];
  beforeAll(async () => {
    redis = await startPrivateRedis({
      ...(certificate !== undefined && { tls: certificate }),
      config: [
        `user tokens on >s3same ${rights}`,
        ...[...inScripts, ...plain].map((command) => `user no-${command} on >s3same ${rights} -${command}`),
        `user no-channel on >s3same ${rights} resetchannels`,
        'user poor on >s3same ~evertoken:* resetchannels -@all +@connection +info',
        'user default off',
      ],
    });
  }, 120_000);
  afterAll(() => redis?.stop());
  const options = () => ({
    ...patient,
    url: `rediss://localhost:${redis.port}`,
    tls: { ca: certificate?.ca as string },
    username: 'tokens',
    password: 's3same',
  });

  sharedTokenStoreContract('the store over Redis with TLS and an ACL user', async () => {
    const cleaner = await openRedisStore(options());
    for (const digit of 'ab') await cleaner.remove(aKey(digit));
    await cleaner.close();
    // Leases outlive who took them: another prefix has none.
    const prefix = `evertoken:${randomBytes(4).toString('hex')}:`;
    return [await openRedisStore({ ...options(), prefix }), await openRedisStore({ ...options(), prefix })];
  });

  it('is all that a store needs', async () => {
    await expect((await openStore(options())).check()).resolves.toBeUndefined();
  });

  it.each([...inScripts, ...plain, 'channel'])(
    'whose user may not use %s says that a right is missing, though it is most often a script that was refused',
    async (what) => {
      const store = await openStore({ ...options(), username: `no-${what}` });
      await expect(store.check()).rejects.toMatchObject({ code: 'access_refused', message: expect.stringContaining('README') });
    },
  );

  it.each<[string, string, Partial<RedisStoreOptions>]>([
    ['no password', 'access_refused', { url: 'bare' }],
    ['a wrong password', 'access_refused', { password: 'not-it' }],
    ['a user without the rights', 'access_refused', { username: 'poor' }],
    ['a CA that does not vouch for it', 'tls_error', { tls: true }],
    ['no TLS', 'connection_failed', { url: 'plain' }],
  ])('refuses %s, and the message says what to mend without the password', async (_what, code, wrong) => {
    const { username, password, ...rest } = options();
    const url = wrong.url === 'plain' ? `redis://localhost:${redis.port}` : rest.url;
    const credentials = wrong.url === 'bare' ? {} : { username, password };
    const { tls: _tls, ...plain } = rest;
    const store = await openStore({
      ...(wrong.url === 'plain' ? plain : rest),
      ...credentials,
      ...wrong,
      url,
      commandTimeoutMs: 1_500,
      connectTimeoutMs: 500,
    });
    const failure = await store.check().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: expect.stringMatching(new RegExp(`^(${code}|timeout)$`)) });
    if (code !== 'connection_failed') expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toMatch(/s3same|not-it/);
    expect(store.counts.failed).toBeGreaterThan(0);
  });

  it.each<[string, () => RedisStoreOptions]>([
    ['a Redis', () => ({ ...patient, url: `rediss://localhost:${redis.port}` })],
    ['slower than it is waited for', () => ({ ...patient, url: `rediss://localhost:${redis.port}`, commandTimeoutMs: 1 })],
  ])('is %s, and nobody vouches for its certificate: tls_error, with the code of the system as its cause', async (_what, untrusting) => {
    const store = await openStore({ ...untrusting(), connectTimeoutMs: 250 });
    await expect
      .poll(() => store.load(aKey()).catch((error: unknown) => error))
      .toMatchObject({
        code: 'tls_error',
        message: expect.stringContaining('`tls.ca`') as string,
        cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      });
  });
});

describe.skipIf(isMissing)('a Redis behind a Sentinel', () => {
  let primary: PrivateRedis;
  let replica: PrivateRedis;
  let sentinel: PrivateRedis;
  beforeAll(async () => {
    primary = await startPrivateRedis();
    replica = await startPrivateRedis({ config: [`replicaof 127.0.0.1 ${primary.port}`, 'repl-diskless-sync-delay 0'] });
    sentinel = await startSentinel(primary);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([sentinel?.stop(), replica?.stop(), primary?.stop()]);
  });
  const options = () => ({ ...patient, sentinel: { name: 'tokens', nodes: [{ host: '127.0.0.1', port: sentinel.port }] } });

  sharedTokenStoreContract('the store over Redis behind a Sentinel', async () => {
    await primary.command('FLUSHALL');
    return [await openRedisStore(options()), await openRedisStore(options())];
  });

  it('refuses to write to a replica, and says so', async () => {
    const store = await openStore({ ...patient, url: `redis://127.0.0.1:${replica.port}` });
    await expect(store.save(aKey(), aStoredToken())).rejects.toMatchObject({ code: 'read_only' });
  });

  it('is followed to the replica when the primary is lost', async () => {
    const store = await openStore(options());
    await expect.poll(() => sentinel.command('SENTINEL', 'replicas', 'tokens')).toContain(String(replica.port));
    await store.save(aKey(), aStoredToken());
    await primary.command('WAIT', '1', '5000');
    await primary.kill();
    await expect.poll(() => store.load(aKey()).catch(() => 'not yet'), { timeout: 30_000 }).toEqual(aStoredToken());
    await expect.poll(() => store.acquire(aKey(), 15_000).catch(() => undefined), { timeout: 30_000 }).toBeDefined();
  }, 70_000);
});
