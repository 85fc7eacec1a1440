import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAgentConfig, newSealingKey, rotateStoreKey } from '@evertoken/agent';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import {
  freshFolder,
  hasPostgres,
  hasRedis,
  json,
  type PrivatePostgres,
  type PrivateRedis,
  startPrivatePostgres,
  startPrivateRedis,
  startTokenEndpoint,
  type TokenEndpoint,
} from '@evertoken/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkSharedStore } from '../src/check/check-shared-store.ts';
import { type RunningAgent, startRunningAgent } from './a-running-agent.ts';

const isRedisMissing = !hasRedis();
if (isRedisMissing) console.warn('SKIPPED: the tests of agents that share a Redis: it is not installed here.');
const isPostgresMissing = !hasPostgres();
if (isPostgresMissing) console.warn('SKIPPED: the tests of agents that share a PostgreSQL: it is not installed here.');

const key = newSealingKey();
let issuer: TokenEndpoint;
let open: RunningAgent[];
beforeEach(async () => {
  open = [];
  issuer = await startTokenEndpoint({ expiresIn: 86_400 });
});
afterEach(async () => {
  await Promise.all(open.map((agent) => agent.close()));
  await issuer.close();
});

/** An agent with one token of the common issuer, and `store` in its config; so patient that a slow machine is not taken for a failing store. */
async function start(store: string): Promise<RunningAgent> {
  const yaml = (_own: string, hashOf: (app: string) => string): string => `
tokens:
  management: { token_endpoint: "${issuer.url}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:api" }
apps:
  report: { key_sha256: ${hashOf('report')}, tokens: [management] }
policy: { store_wait_ms: 5000, mint_floor_ms: 1 }
store: ${store}
`;
  const agent = await startRunningAgent({ yaml });
  open.push(agent);
  return agent;
}

async function restart(agent: RunningAgent, change: (yaml: string) => string = (yaml) => yaml): Promise<RunningAgent> {
  const file = join(agent.home, 'evertoken.yaml');
  await writeFile(file, change(await readFile(file, 'utf8')));
  const again = await agent.restart();
  open[open.indexOf(agent)] = again;
  return again;
}

async function fingerprintOf(agent: RunningAgent): Promise<unknown> {
  const answer = await agent.callAs('report', '/v1/tokens/management');
  expect(answer.status, answer.text).toBe(200);
  return answer.json()['fingerprint'];
}

async function rejectIn(agent: RunningAgent, fingerprint: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ fingerprint });
  const answer = await agent.callAs('report', '/v1/tokens/management/reject', { method: 'POST', headers, body });
  expect(answer.status, answer.text).toBe(200);
  return answer.json()['fingerprint'];
}

async function metricsOf(agent: RunningAgent): Promise<string[]> {
  return (await agent.call('/metrics')).text.split('\n').filter((line) => line.startsWith('evertoken_store_'));
}

const eventsOf = ({ log }: RunningAgent): unknown[] => log.map((line) => line['event']);

describe.skipIf(isRedisMissing)('agents that share a Redis', () => {
  let redis: PrivateRedis;
  let store: string;
  beforeAll(async () => {
    redis = await startPrivateRedis();
    store = `{ redis: { url: "redis://127.0.0.1:${redis.port}", key: ${key} } }`;
  }, 60_000);
  afterAll(() => redis?.stop());
  beforeEach(() => redis.command('FLUSHALL'));

  it('mint one token, and tell which of them did', async () => {
    const first = await start(store);
    const second = await start(store);
    expect(await fingerprintOf(second)).toBe(await fingerprintOf(first));
    expect(issuer.requests).toHaveLength(1);
    const [one, other] = await Promise.all([first, second].map(async (agent) => (await agent.callAs('report', '/v1/status')).json()));
    const { writer } = (one as { store: { writer: string } }).store;
    expect(one).toMatchObject({ store: { kind: 'redis', is_degraded: false }, tokens: [{ last_mint: { from: 'issuer', by: writer } }] });
    expect(other).toMatchObject({ store: { kind: 'redis', is_degraded: false }, tokens: [{ last_mint: { from: 'store', by: writer } }] });
    expect(second.log).toContainEqual(expect.objectContaining({ event: 'token.adopted', minted_by: writer }));
    expect(await metricsOf(second)).toEqual([
      'evertoken_store_degraded 0',
      'evertoken_store_errors_total{kind="redis"} 0',
      'evertoken_store_unreadable_records_total{kind="redis"} 0',
      'evertoken_store_ended_records_total{kind="redis"} 0',
      expect.stringMatching(/^evertoken_store_lease_waits_total\{kind="redis"\} \d+$/),
    ]);
  });

  it('serve while it is away, mint for themselves, and share again when it is back', async () => {
    const first = await start(store);
    const second = await start(store);
    const before = await fingerprintOf(first);
    await redis.kill();
    // Of two tokens that are good, only one that lives seconds longer is taken up.
    issuer.answer((_, response) => json(response, 200, { access_token: 'token-2', token_type: 'Bearer', expires_in: 90_000 }));
    const replaced = await rejectIn(first, before);
    expect(replaced).not.toBe(before);
    expect(await fingerprintOf(second)).toBe(before);
    expect(issuer.requests).toHaveLength(2);
    expect((await first.callAs('report', '/v1/status')).json()['store']).toMatchObject({ kind: 'redis', is_degraded: true });
    expect(await metricsOf(first)).toContain('evertoken_store_degraded 1');
    expect((await first.call('/readyz')).status).toBe(200);
    await redis.start();
    await expect.poll(() => eventsOf(first), { timeout: 30_000 }).toContain('token.store_recovered');
    expect(await metricsOf(first)).toContain('evertoken_store_degraded 0');
    expect(first.log.filter(({ event }) => String(event).startsWith('token.store_')).map(({ store }) => store)).toEqual([
      'shared',
      'shared',
    ]);
    await expect.poll(() => fingerprintOf(second), { timeout: 30_000 }).toBe(replaced);
    expect(issuer.requests).toHaveLength(2);
  }, 90_000);

  it('are told of a disk that takes no token in words of its own: the store that they share is not away', async () => {
    const agent = await start(store);
    await rm(join(agent.home, 'state', 'tokens'), { recursive: true });
    await rejectIn(agent, await fingerprintOf(agent));
    expect((await agent.callAs('report', '/v1/status')).json()['store']).toMatchObject({ is_degraded: false, has_unsaved_tokens: true });
    expect(await metricsOf(agent)).toContain('evertoken_store_degraded 0');
    expect(agent.log).toContainEqual(
      expect.objectContaining({ event: 'token.store_degraded', store: 'own', msg: expect.stringContaining('the own store') as string }),
    );
  });

  it('start while it is away with what they had, and mint nothing', async () => {
    const first = await start(store);
    const before = await fingerprintOf(first);
    await redis.kill();
    try {
      const again = await restart(first);
      expect(await fingerprintOf(again)).toBe(before);
      expect(issuer.requests).toHaveLength(1);
      const fresh = await start(store);
      expect(await fingerprintOf(fresh)).not.toBe(before);
      expect(eventsOf(fresh)).toContain('token.store_degraded');
      expect((await fresh.call('/readyz')).status).toBe(200);
    } finally {
      await redis.start();
    }
  }, 60_000);

  it('take for none what another key sealed, count it, and go on', async () => {
    await start(store);
    const stranger = await start(store.replace(key, newSealingKey()));
    await fingerprintOf(stranger);
    expect(issuer.requests).toHaveLength(2);
    expect((await metricsOf(stranger)).find((line) => line.includes('unreadable'))).not.toMatch(/ 0$/);
  });

  it('change the sealing key one after the other without a mint', async () => {
    const next = newSealingKey();
    const [first, second] = [await start(store), await start(store)];
    const before = await fingerprintOf(first);
    const both = (keys: string) => (yaml: string) => yaml.replace(/keys?: .* } }$/m, `keys: [${keys}] } }`);
    for (const keys of [`${key}, ${next}`, `${next}, ${key}`]) for (const at of [0, 1]) await restart(open[at] ?? first, both(keys));
    const folder = await openStateFolder(await freshFolder());
    const config = await loadAgentConfig({ file: join(second.home, 'evertoken.yaml'), env: {}, folder });
    expect(await rotateStoreKey(config)).toEqual({ place: `redis 127.0.0.1:${redis.port}`, resealed: 1, current: 0, unreadable: 0 });
    expect(await rotateStoreKey(config)).toMatchObject({ resealed: 0, current: 1, unreadable: 0 });
    const last = await start(store.replace(key, next));
    expect(await fingerprintOf(last)).toBe(before);
    expect(issuer.requests).toHaveLength(1);
  }, 60_000);

  it('write neither keys nor passwords into their logs', async () => {
    const agent = await start(store);
    expect(JSON.stringify(agent.log)).not.toContain(key);
    expect(JSON.stringify(agent.log)).toContain(`tokens are shared through redis 127.0.0.1:${redis.port}`);
  });

  it('are told before the start what stands against it', async () => {
    const url = `redis://127.0.0.1:${redis.port}`;
    const config = { kind: 'redis', url, keys: [key] } as const;
    expect(await checkSharedStore(config)).toEqual({
      area: 'store',
      subject: `redis 127.0.0.1:${redis.port}`,
      level: 'ok',
      what: 'tokens can be shared',
    });
    await redis.command('ACL', 'SETUSER', 'reader', 'on', '>s3cret', '~evertoken:*', '+@read', '+@connection');
    expect(await checkSharedStore({ ...config, username: 'reader', password: 's3cret' })).toMatchObject({
      level: 'problem',
      step: expect.stringContaining('grant that user') as string,
    });
    expect(await checkSharedStore({ ...config, username: 'reader', password: 'wr0ng' })).toMatchObject({
      level: 'problem',
      what: expect.stringContaining('no such user with this password') as string,
    });
    const away = await checkSharedStore({ ...config, url: 'redis://u:s3cret@127.0.0.1:1' });
    expect(away).toMatchObject({
      level: 'problem',
      subject: 'redis 127.0.0.1:1',
      step: expect.stringContaining('See that Redis runs') as string,
    });
    expect(JSON.stringify(away)).not.toContain('s3cret');
  }, 30_000);

  it('are told before the start to name the CA of one whose certificate is not trusted', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const { cert, key: certificateKey } = await ca.serverCertificate(['localhost']);
    const guarded = await startPrivateRedis({ tls: { certificate: cert, key: certificateKey, ca: ca.certificatePem } });
    try {
      const config = { kind: 'redis', url: `rediss://localhost:${guarded.port}`, keys: [key] } as const;
      expect(await checkSharedStore(config)).toMatchObject({
        level: 'problem',
        step: 'Name the CA of the server as `store.redis.tls.ca`.',
      });
      expect(await checkSharedStore({ ...config, tls: { ca: ca.certificatePem } })).toMatchObject({ level: 'ok' });
    } finally {
      await guarded.stop();
    }
  }, 30_000);
});

describe.skipIf(isPostgresMissing)('agents that share a PostgreSQL', () => {
  let postgres: PrivatePostgres;
  let url: string;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    url = await postgres.newDatabase();
  }, 120_000);
  afterAll(() => postgres?.stop());

  it('mint one token', async () => {
    const store = `{ postgres: { url: "${url}", key: ${key} } }`;
    const [first, second] = [await start(store), await start(store)];
    expect(await fingerprintOf(second)).toBe(await fingerprintOf(first));
    expect(issuer.requests).toHaveLength(1);
    const status = (await second.callAs('report', '/v1/status')).json();
    expect(status['store']).toMatchObject({ kind: 'postgres', is_degraded: false });
    expect(await metricsOf(second)).toContain('evertoken_store_errors_total{kind="postgres"} 0');
  }, 60_000);

  it('are told before the start what stands against it', async () => {
    const config = { kind: 'postgres', url, keys: [key] } as const;
    expect(await checkSharedStore(config)).toMatchObject({ level: 'ok' });
    const elsewhere = new URL(url);
    elsewhere.pathname = '/no_such_database';
    expect(await checkSharedStore({ ...config, url: elsewhere.href })).toMatchObject({
      level: 'problem',
      step: expect.stringContaining('Make the database') as string,
    });
    expect(await checkSharedStore({ ...config, url: 'postgresql://u:s3cret@127.0.0.1:1/d' })).toMatchObject({
      level: 'problem',
      subject: 'postgres 127.0.0.1:1',
      step: expect.stringContaining('See that PostgreSQL runs') as string,
    });
  }, 30_000);
});
