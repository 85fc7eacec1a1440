import { randomBytes } from 'node:crypto';
import { hasPostgres, openPostgresRelay, type PrivatePostgres, startPrivatePostgres } from '@evertoken/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type SetTimer, systemSetTimer } from '../src/clock.ts';
import { newApplication } from '../src/model/new-application.ts';
import { openPostgresDatabase } from '../src/store/postgres/postgres-database.ts';
import { Seal } from '../src/store/seal.ts';
import { SqlTenantStore } from '../src/store/sql-tenant-store.ts';
import type { TenantStore } from '../src/store/tenant-store.ts';
import { insert } from './running-tenant.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the tests of several nodes on one PostgreSQL: it is not installed here.');

const seal = new Seal(randomBytes(32));
const askEveryMs = 1_000;

/** Timers of the machine but for those that ask what others wrote: what is heard then, was told. */
const neverAsks: SetTimer = (wake, delayMs) => (delayMs === askEveryMs ? { cancel: () => undefined } : systemSetTimer(wake, delayMs));
/** Timers of the machine but for those that make a listening connection anew: what is heard then, was asked for. */
const neverListensAgain: SetTimer = (wake, delayMs) =>
  delayMs === askEveryMs ? systemSetTimer(wake, delayMs) : { cancel: () => undefined };

async function aNode(url: string, setTimer: SetTimer = systemSetTimer): Promise<{ store: TenantStore; heard: Map<string, string> }> {
  const store = await SqlTenantStore.open(await openPostgresDatabase({ url }, seal, setTimer), setTimer);
  onTestFinished(() => store.close());
  const heard = new Map<string, string>();
  store.onChange(({ written }) => {
    for (const [name, value] of Object.entries(written.settings ?? {})) heard.set(name, value);
  });
  return { store, heard };
}

const set = (store: TenantStore, name: string, value: string): Promise<void> =>
  store.write((transaction) => transaction.replace({ settings: { [name]: value } }));

describe.skipIf(isMissing)('nodes on one PostgreSQL', () => {
  let postgres: PrivatePostgres;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
  }, 120_000);
  afterAll(() => postgres.stop());

  async function ask(url: string, statement: string): Promise<unknown[]> {
    const client = new Client(url);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
  const listening = "from pg_stat_activity where datname = current_database() and query like 'listen %'";
  const cutListeners = (url: string): Promise<unknown[]> => ask(url, `select pg_terminate_backend(pid) ${listening}`);

  it('tell each other what they write, without being asked', async () => {
    const url = await postgres.newDatabase();
    const [one, other] = [await aNode(url, neverAsks), await aNode(url, neverAsks)];
    await expect.poll(() => ask(url, `select 1 ${listening}`)).toHaveLength(2);
    await set(one.store, 'a', '1');
    expect(one.heard.get('a')).toBe('1');
    await expect.poll(() => other.heard.get('a')).toBe('1');
    await set(other.store, 'a', '2');
    await expect.poll(() => one.heard.get('a')).toBe('2');
  });

  it('find out by asking where the connection that is told was cut', async () => {
    const url = await postgres.newDatabase();
    const [one, other] = [await aNode(url), await aNode(url, neverListensAgain)];
    await expect.poll(() => ask(url, `select 1 ${listening}`)).toHaveLength(2);
    expect(await cutListeners(url)).toHaveLength(2);
    await set(one.store, 'a', '1');
    await expect.poll(() => other.heard.get('a')).toBe('1');
  });

  it('listen again after a cut, as often as there is one, and find what they missed', async () => {
    const url = await postgres.newDatabase();
    const [one, other] = [await aNode(url), await aNode(url, neverAsks)];
    for (const value of ['1', '2', '3']) {
      await expect.poll(() => ask(url, `select 1 ${listening}`)).toHaveLength(2);
      await cutListeners(url);
      await set(one.store, 'a', value);
      await expect.poll(() => other.heard.get('a')).toBe(value);
    }
  });

  it('refuse what they are asked while PostgreSQL is away, and go on by themselves when it is back', async () => {
    const url = await postgres.newDatabase();
    const [one, other] = [await aNode(url), await aNode(url)];
    const application = newApplication({ name: 'There' }, 0);
    await insert(one.store, { applications: [application], settings: { a: '1' } });
    await expect.poll(() => other.heard.get('a')).toBe('1');

    await postgres.kill();
    const asked = await Promise.allSettled([
      one.store.setting('a'),
      one.store.application(application.clientId),
      one.store.applications({}, { kind: 'offset', offset: 0, limit: 10 }),
      one.store.issuing(),
      one.store.claimAssertion('c', 'j', 0),
      one.store.addUsage([{ bucket: 'b', windowStartMs: 0, count: 1 }]),
      one.store.appendLogs([{ id: '1', atMs: 0, type: 't', clientId: undefined, event: '{}', count: 1 }]),
      one.store.check(),
      set(one.store, 'a', 'lost'),
    ]);
    for (const answer of asked) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
    await postgres.start();

    expect(await one.store.setting('a')).toBe('1');
    expect(await one.store.application(application.clientId)).toEqual(application);
    await set(one.store, 'a', '2');
    await expect.poll(() => other.heard.get('a')).toBe('2');
    expect(await other.store.claimAssertion('c', 'j', 0)).toBe(true);
  });

  it('keep nobody longer than some seconds who asks while PostgreSQL stands still, and go on when it does', {
    timeout: 60_000,
  }, async () => {
    const { relay, config } = await openPostgresRelay(await postgres.newDatabase());
    const { host, port, user, database } = config;
    const { store } = await aNode(`postgresql://${user}@${host}:${port}/${database}`);
    await set(store, 'a', '1');
    relay.hold();
    const begunMs = performance.now();
    const asked = await Promise.allSettled([
      store.setting('a'),
      store.claimAssertion('c', 'j', 0),
      store.addUsage([{ bucket: 'b', windowStartMs: 0, count: 1 }]),
      set(store, 'a', 'lost'),
    ]);
    // Five seconds for a connection at most, and five for the answer.
    expect(performance.now() - begunMs).toBeLessThan(12_000);
    for (const answer of asked) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
    relay.letGo();
    await set(store, 'a', '2');
    expect(await store.setting('a')).toBe('2');
  });

  it('refuse a write that was cut in its midst, and hold no lock of it', async () => {
    const url = await postgres.newDatabase();
    const { store, heard } = await aNode(url);
    const cut = store.write(async (transaction) => {
      await transaction.replace({ settings: { a: 'half' } });
      await ask(
        url,
        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
      );
      await transaction.replace({ settings: { b: 'half' } });
    });
    await expect(cut).rejects.toMatchObject({ code: 'store_unavailable' });
    await set(store, 'b', 'whole');
    expect((await store.issuing()).settings).toEqual({ b: 'whole' });
    expect([...heard]).toEqual([['b', 'whole']]);
  });
});
