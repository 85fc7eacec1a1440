import { randomBytes } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { newSealingKey, sealingKeyOf } from '../src/config/sealing-key.ts';
import { secretVariablesOf } from '../src/config/secret-variables.ts';
import { load, problemsOf, smallConfig } from './a-config.ts';

const key = newSealingKey();
const other = newSealingKey();
const pem = rootCertificates[0] ?? '';
const privateKey = '-----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY-----\n';
const files = {
  key: `${key}\n`,
  old: other,
  'ca.pem': pem,
  'client.pem': pem,
  'client.key': privateKey,
  password: 'p4ssword',
  broken: 'no PEM',
};
const env = { REDIS_URL: 'rediss://u:s3cret-of-redis@redis.example.com:6380/1', KEY: key };

const withStore = (store: string): string => smallConfig([], `store: ${store}\n`);
const loaded = async (store: string): Promise<unknown> => (await load(withStore(store), { env, files })).store.shared;

describe('a shared store', () => {
  it('is none by default', async () => {
    expect((await load(smallConfig())).store.shared).toBeUndefined();
    expect((await load(withStore('{ file: { folder: kept } }'))).store.shared).toBeUndefined();
  });

  it('is one Redis by its URL, with a key that a variable gives', async () => {
    expect(await loaded('{ redis: { url: { env: REDIS_URL }, key: { env: KEY } } }')).toEqual({
      kind: 'redis',
      url: env.REDIS_URL,
      keys: [key],
    });
  });

  it('is the primary that Sentinels name, with an ACL user, TLS, a prefix and a namespace key', async () => {
    const tls = '{ ca: { file: ca.pem }, cert: { file: client.pem }, key: { file: client.key } }';
    const sentinel = '{ name: mymaster, nodes: [10.0.0.1, "[::1]:26380"], username: s, password: { file: password }, tls: true }';
    const rest = `username: tokens, password: { file: password }, tls: ${tls}, prefix: "fleet:", namespace_key: { file: old }`;
    expect(await loaded(`{ redis: { sentinel: ${sentinel}, ${rest}, keys: [{ file: key }, { file: old }] } }`)).toEqual({
      kind: 'redis',
      sentinel: {
        name: 'mymaster',
        nodes: [{ host: '10.0.0.1' }, { host: '::1', port: 26380 }],
        username: 's',
        password: 'p4ssword',
        tls: true,
      },
      username: 'tokens',
      password: 'p4ssword',
      tls: { ca: pem, cert: pem, key: privateKey.trimEnd() },
      prefix: 'fleet:',
      namespaceKey: other,
      keys: [key, other],
    });
  });

  it('is a cluster by some of its nodes', async () => {
    expect(await loaded('{ redis: { cluster: ["10.0.0.1:7000", redis-1.internal], key: { file: key } } }')).toMatchObject({
      cluster: [{ host: '10.0.0.1', port: 7000 }, { host: 'redis-1.internal' }],
    });
  });

  it('is PostgreSQL by its URL, with a CA and a table', async () => {
    const url = 'postgresql://tokens@db.internal/app';
    expect(await loaded(`{ postgres: { url: "${url}", ca: { file: ca.pem }, key: { file: key }, table: fleet_tokens } }`)).toEqual({
      kind: 'postgres',
      url,
      ca: pem,
      keys: [key],
      table: 'fleet_tokens',
    });
  });

  it('is PostgreSQL in the manner of libpq where a CA is named: in the URL, or as `ca`', async () => {
    const url = 'postgresql://h/d?uselibpqcompat=true&sslmode=require';
    for (const named of [`url: "${url}&sslrootcert=ca.pem"`, `url: "${url}", ca: { file: ca.pem }`])
      expect((await load(withStore(`{ postgres: { ${named}, key: { file: key } } }`), { files })).store.shared?.kind).toBe('postgres');
  });

  it('may stand in the environment, whole or key by key', async () => {
    const variables = { EVERTOKEN_STORE__REDIS__URL: 'redis://127.0.0.1:6379', EVERTOKEN_STORE__REDIS__KEY: key };
    expect((await load(smallConfig(), { env: variables })).store.shared).toMatchObject({ kind: 'redis', url: 'redis://127.0.0.1:6379' });
    const whole = { EVERTOKEN_STORE: `{ postgres: { url: "postgresql://h/d", key: ${key} } }` };
    expect((await load(smallConfig(), { env: whole })).store.shared).toMatchObject({ kind: 'postgres', keys: [key] });
  });

  it('keeps the folder of sealed files beside it', async () => {
    const config = await load(withStore('{ file: { folder: kept }, redis: { url: { env: REDIS_URL }, key: { env: KEY } } }'), { env });
    expect(config.store).toMatchObject({ folder: expect.stringMatching(/\/kept$/) as string, shared: { kind: 'redis' } });
  });

  const redis = (rest: string): string => `{ redis: { ${rest} } }`;
  it.each<[string, string | RegExp]>([
    [redis('key: { file: key }'), '8 store.redis: say where Redis is by exactly one of `url`, `sentinel`, `cluster`'],
    [redis('url: redis://h, cluster: [h], key: { file: key }'), /^8 store\.redis: say where Redis is by exactly one of/],
    [
      redis('url: "http://u:s3cret@h", key: { file: key }'),
      '8 store.redis.url: is no URL of a Redis; it looks like redis://HOST:6379/0, or rediss://HOST:6379/0 for TLS',
    ],
    [
      redis('url: { env: NOT_SET }, key: { file: key }'),
      '8 store.redis.url: the environment variable NOT_SET is not set; set it before the start',
    ],
    [redis('url: redis://h'), /^8 store\.redis: name what seals the tokens: `key`, or `keys: \[new, old\]`/],
    [redis('url: redis://h, key: { file: key }, keys: [{ file: old }]'), /^8 store\.redis: name what seals the tokens/],
    [
      redis('url: redis://h, key: { file: password }'),
      '8 store.redis.key: is no key of 32 bytes as base64 or hex; make one with `evertoken store-key new`',
    ],
    [redis('url: redis://h, keys: [{ file: key }, { file: password }]'), /^8 store\.redis\.keys\.1: is no key of 32 bytes/],
    [redis('url: redis://h, keys: [{ file: key }, { file: old }, { file: key }]'), '8 store.redis.keys: at most 2 may be named'],
    [redis('url: redis://h, key: { file: gone }'), /^8 store\.redis\.key: the file .*gone does not exist; create it with the value alone$/],
    [redis('cluster: [], key: { file: key }'), '8 store.redis.cluster: name at least one node, such as 10.0.0.1:6379'],
    [redis('cluster: ["redis://h"], key: { file: key }'), '8 store.redis.cluster.0: expected HOST or HOST:PORT'],
    [
      redis('cluster: [h], username: tokens, key: { file: key }'),
      '8 store.redis.username: needs a `password` beside it; leave both out where Redis wants none',
    ],
    [redis('url: redis://h, prefix: "a b", key: { file: key }'), /^8 store\.redis\.prefix: expected 1 to 64 characters/],
    [redis('url: redis://h, namespace_key: short, key: { file: key }'), /^8 store\.redis\.namespace_key: is no key of 32 bytes/],
    [
      redis('url: rediss://h, tls: { ca: { file: broken } }, key: { file: key }'),
      '8 store.redis.tls.ca: holds no certificate in PEM; name its file as { file: PATH }',
    ],
    [
      redis('url: rediss://h, tls: { cert: { file: client.pem } }, key: { file: key }'),
      '8 store.redis.tls: a client certificate is both `cert` and `key`; give the other one too',
    ],
    [
      redis('url: rediss://h, tls: { cert: { file: client.pem }, key: { file: broken } }, key: { file: key }'),
      /^8 store\.redis\.tls\.key: holds no private key in PEM/,
    ],
    [redis('url: rediss://h, tls: false, key: { file: key }'), /^8 store\.redis\.tls: expected `true`, or \{ ca: /],
    [redis('url: redis://h, keey: { file: key }'), '8 store.redis: unknown key `keey`; did you mean `key`?'],
    ['{ redsi: { url: redis://h } }', '8 store: unknown key `redsi`; did you mean `redis`?'],
    ['{ postgres: { key: { file: key } } }', '8 store.postgres.url: is missing; add it'],
    [
      '{ postgres: { url: "mysql://u:s3cret@h/d", key: { file: key } } }',
      /^8 store\.postgres\.url: is no URL of a PostgreSQL; it looks like postgresql:/,
    ],
    [
      '{ postgres: { url: "postgresql://h/d?sslmode=no-verify", key: { file: key } } }',
      /^8 store\.postgres\.url: asks for TLS that verifies nothing \(sslmode=no-verify\)/,
    ],
    [
      '{ postgres: { url: "postgresql://h/d?ssl=no-verify", key: { file: key } } }',
      /^8 store\.postgres\.url: asks for TLS that verifies nothing \(ssl=no-verify\)/,
    ],
    [
      '{ postgres: { url: "postgresql://h/d?uselibpqcompat=true&sslmode=require", key: { file: key } } }',
      /^8 store\.postgres\.url: asks for TLS that verifies nothing \(sslmode=require\)/,
    ],
    [
      '{ postgres: { url: "postgresql://h/d?uselibpqcompat=true&sslmode=disable&sslmode=prefer", key: { file: key } } }',
      /^8 store\.postgres\.url: asks for TLS that verifies nothing \(sslmode=prefer\)/,
    ],
    [
      '{ postgres: { url: "postgresql://h/d", table: "Tokens", key: { file: key } } }',
      /^8 store\.postgres\.table: expected a name of small letters/,
    ],
    [
      '{ redis: { url: redis://h, key: { file: key } }, postgres: { url: "postgresql://h/d", key: { file: key } } }',
      /^8 store: name one shared store/,
    ],
  ])('written as %s is refused', async (store, problem) => {
    const problems = await problemsOf(load(withStore(store), { env, files }));
    expect(problems).toContainEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
    expect(problems.join()).not.toMatch(/s3cret|p4ssword/);
  });

  it('shows none of its secrets among the values, and tells which variables hold them', async () => {
    const store = `{ redis: { url: { env: REDIS_URL }, password: p4ssword, keys: [${other}, { env: KEY }], sentinel: { name: m, nodes: [h], password: s3cret } } }`;
    const config = await load(withStore(store.replace(/, sentinel.*/, ' } }')), { env });
    const told = JSON.stringify(config.values);
    expect(told).not.toMatch(new RegExp(`p4ssword|s3cret|${other}`));
    expect(config.values).toContainEqual({ key: 'store.redis.url', value: '{"env":"REDIS_URL"}', from: 'evertoken.yaml:8' });
    expect(secretVariablesOf(config)).toEqual(expect.arrayContaining(['REDIS_URL', 'KEY']));
    expect(
      secretVariablesOf(await load(smallConfig(), { env: { EVERTOKEN_STORE: `{ redis: { url: "redis://h", key: ${key} } }` } })),
    ).toContain('EVERTOKEN_STORE');
  });
});

describe('a sealing key', () => {
  it('is 32 bytes as base64url, base64 or hex, with a line end or without', () => {
    const bytes = randomBytes(32);
    for (const text of [bytes.toString('base64url'), `${bytes.toString('base64')}\n`, bytes.toString('hex')])
      expect(sealingKeyOf(text)).toEqual(bytes);
    for (const text of ['', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')])
      expect(() => sealingKeyOf(text)).toThrow('is no key of 32 bytes');
    expect(sealingKeyOf(newSealingKey())).toHaveLength(32);
  });
});
