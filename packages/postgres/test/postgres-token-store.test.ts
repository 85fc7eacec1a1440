import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { type Clock, type SharedTokenStore, systemClock } from '@evertoken/client';
import { aKey, aStoredToken, hasPostgres, nextTurn, openPostgresRelay, sharedTokenStoreContract } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgresStore, PostgresStoreError } from '../src/index.ts';
import { aPostgres, keys } from './a-postgres.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the tests of the token store over PostgreSQL: it is not installed here.');

/** The machine's clock but for timers of `delayMs`, which are over soon. */
function hurried(delayMs: number): Clock {
  const { now, monotonic, setTimer } = systemClock;
  return { now, monotonic, setTimer: (wake, ms) => setTimer(wake, ms === delayMs ? 50 : ms) };
}

describe.skipIf(isMissing)('PostgreSQL', () => {
  const stage = aPostgres();
  const { aTable, open, run } = stage;

  sharedTokenStoreContract('the store over PostgreSQL', async () => {
    const options = { connection: stage.connection, table: aTable(), keys, commandTimeoutMs: 5_000 };
    return [await openPostgresStore(options), await openPostgresStore(options)];
  });

  it('makes its table once when many open it at the same time', async () => {
    const table = aTable();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(table)));
    await (stores[0] as SharedTokenStore).save(aKey(), aStoredToken());
    expect(await Promise.all(stores.map((store) => store.load(aKey())))).toEqual(stores.map(() => aStoredToken()));
    expect(stores.map(({ counts }) => counts.failed)).toEqual([0, 0, 0, 0]);
  });

  it('frees the leases of a process whose connection is cut', async () => {
    const table = aTable();
    const [one, other] = [await open(table), await open(table)];
    const lease = await one.acquire(aKey(), 15_000);
    expect(await other.acquire(aKey(), 15_000)).toBeUndefined();
    await run("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'");
    await expect.poll(() => other.acquire(aKey(), 15_000)).toBeDefined();
    await expect.poll(() => lease?.renew(15_000)).toBe(false);
  });

  it('loses no lease where another one was not granted in time, and keeps nobody from that one', async () => {
    const table = aTable();
    const other = await open(table);
    const { relay, config } = await openPostgresRelay(stage.connection);
    const one = await open(table, { connection: config, commandTimeoutMs: 200 });
    const kept = await one.acquire(aKey('a'), 15_000);
    relay.hold();
    await expect(one.acquire(aKey('b'), 15_000)).rejects.toMatchObject({ code: 'timeout' });
    relay.letGo();
    await expect.poll(() => kept?.renew(15_000)).toBe(true);
    await expect.poll(() => other.acquire(aKey('b'), 15_000)).toBeDefined();
    expect(await other.acquire(aKey('a'), 15_000)).toBeUndefined();
  });

  it('answers who asks for a lease again, while the answer to the first time is on its way, after that one', async () => {
    const { relay, config } = await openPostgresRelay(stage.connection);
    const store = await open(aTable(), { connection: config });
    relay.hold();
    const answers: boolean[] = [];
    const asked = [1, 2].map(async () => answers.push((await store.acquire(aKey(), 15_000)) !== undefined));
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(answers).toEqual([]);
    relay.letGo();
    await Promise.all(asked);
    expect(answers).toEqual([true, false]);
  });

  it('is given one question at a time on a connection, as pg wants it', async () => {
    const warnings: string[] = [];
    const hear = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    const store = await open(aTable());
    const leases = await Promise.all(['a', 'b', 'c'].map((digit) => store.acquire(aKey(digit), 15_000)));
    await Promise.all(leases.map((lease) => lease?.release()));
    await nextTurn();
    expect(warnings).toEqual([]);
  });

  it('frees a lease whose release was not answered in time', async () => {
    const table = aTable();
    const other = await open(table);
    const { relay, config } = await openPostgresRelay(stage.connection);
    const one = await open(table, { connection: config, commandTimeoutMs: 200 });
    const kept = await one.acquire(aKey('a'), 15_000);
    const released = await one.acquire(aKey('b'), 15_000);
    relay.hold();
    await expect(kept?.renew(15_000)).rejects.toMatchObject({ code: 'timeout' });
    await expect(released?.release()).rejects.toMatchObject({ code: 'timeout' });
    relay.letGo();
    await expect.poll(() => other.acquire(aKey('b'), 15_000)).toBeDefined();
    expect(await other.acquire(aKey('a'), 15_000)).toBeUndefined();
  });

  it('gives up a connection of leases that owes an answer for long, and takes leases on another', async () => {
    const { relay, config } = await openPostgresRelay(stage.connection);
    const one = await open(aTable(), { connection: config, commandTimeoutMs: 200, clock: hurried(5_000) });
    const lost = await one.acquire(aKey('a'), 15_000);
    relay.hold();
    await expect(lost?.renew(15_000)).rejects.toMatchObject({ code: expect.stringMatching(/timeout|connection_failed/) });
    await expect.poll(() => lost?.renew(15_000).catch(() => undefined)).toBe(false);
    const before = relay.connections;
    await expect(one.acquire(aKey('b'), 15_000)).rejects.toMatchObject({ code: 'timeout' });
    expect(relay.connections).toBeGreaterThan(before);
    await lost?.release();
  });

  it.each<[string, (table: string) => string]>([
    ['of another format version', (table) => `update ${table} set version = 2`],
    ['of a generation that nobody was given', (table) => `update ${table} set generation = generation + 1000`],
    ['of another generation than it was sealed for', (table) => `update ${table} set generation = nextval('${table}_generation')`],
    ['that is cut', (table) => `update ${table} set sealed = substr(sealed, 1, 20)`],
    [
      'of another token',
      (table) =>
        `update ${table} set (sealed, generation, fingerprint) = (select sealed, generation, fingerprint from ${table} where key like 'b%') where key like 'a%'`,
    ],
    ['with the fingerprint of another', (table) => `update ${table} set fingerprint = 'ffffffffffffffff'`],
  ])('takes a record %s for none, counts it, and lets the next mint replace it', async (_what, tamper) => {
    const table = aTable();
    const store = await open(table);
    await store.save(aKey('b'), aStoredToken({ accessToken: 'another' }));
    await store.save(aKey(), aStoredToken());
    await run(tamper(table));
    expect(await store.load(aKey())).toBeUndefined();
    expect(store.counts).toEqual({ unreadable: 1, endedHere: 0, failed: 0, leaseWaits: 0 });
    const lease = await store.acquire(aKey(), 15_000);
    expect(await lease?.save(aStoredToken({ accessToken: 'next', expiresAt: aStoredToken().expiresAt - 60_000 }))).toBe(true);
    expect((await store.load(aKey()))?.accessToken).toBe('next');
  });

  it('is looked into again when the connection of who listens was cut: what was saved meanwhile may have been missed', async () => {
    const table = aTable();
    const store = await open(table);
    let told = 0;
    store.watch(aKey(), () => {
      told += 1;
    });
    const listening = `from pg_stat_activity where query = 'listen ${table}'`;
    await expect.poll(() => run(`select pid ${listening}`)).toHaveLength(1);
    expect(told).toBe(0);
    await run(`select pg_terminate_backend(pid) ${listening}`);
    await expect.poll(() => told).toBe(1);
  });

  it('tries again and again to listen where something takes the connection and says nothing', async () => {
    const table = aTable();
    const other = await open(table);
    const { relay, config } = await openPostgresRelay(stage.connection);
    const store = await open(table, { connection: config, commandTimeoutMs: 500 });
    relay.hold();
    const before = relay.connections;
    let told = 0;
    store.watch(aKey(), () => {
      told += 1;
    });
    await expect.poll(() => relay.connections).toBeGreaterThan(before + 2);
    relay.letGo();
    await expect.poll(() => told).toBe(1);
    await other.save(aKey(), aStoredToken());
    await expect.poll(() => told).toBe(2);
  });

  it('finds out that a connection on which it listens is dead, though nobody cut it', async () => {
    const table = aTable();
    const other = await open(table);
    const { relay, config } = await openPostgresRelay(stage.connection);
    const store = await open(table, { connection: config, commandTimeoutMs: 500, clock: hurried(30_000) });
    let told = 0;
    store.watch(aKey(), () => {
      told += 1;
    });
    await expect.poll(() => run(`select 1 from pg_stat_activity where query = 'select 1 -- ${table}'`)).not.toHaveLength(0);
    expect(told).toBe(0);
    const before = relay.connections;
    relay.hold();
    await expect.poll(() => relay.connections).toBeGreaterThan(before);
    relay.letGo();
    await expect.poll(() => told).toBe(1);
    await other.save(aKey(), aStoredToken());
    await expect.poll(() => told).toBe(2);
  });

  it('seals a table anew that is too large to be read at once', { timeout: 60_000 }, async () => {
    const table = aTable();
    const [old, fresh] = [randomBytes(32), randomBytes(32)];
    const before = await open(table, { keys: [old] });
    await before.save(aKey('0'), aStoredToken());
    await before.save(aKey('f'), aStoredToken());
    const copies = `insert into ${table} select key || n, version, generation, fingerprint, sealed || decode(repeat('00', 1000), 'hex'), ends_at`;
    await run(`${copies} from ${table}, generate_series(1, 100000) n where key like '0%'`);
    const store = await open(table, { keys: [fresh, old], commandTimeoutMs: 1_000 });
    expect(await store.rotate()).toEqual({ resealed: 2, current: 0, unreadable: 100_000 });
    expect(await store.rotate()).toEqual({ resealed: 0, current: 2, unreadable: 100_000 });
  });

  it('opens what another key sealed while that is the second one, and seals it anew', async () => {
    const table = aTable();
    const [old, fresh] = [randomBytes(32), randomBytes(32)];
    await (await open(table, { keys: [old] })).save(aKey(), aStoredToken());
    const both = await open(table, { keys: [fresh, old] });
    expect(await both.load(aKey())).toEqual(aStoredToken());
    expect(await (await open(table, { keys: [fresh] })).load(aKey())).toBeUndefined();
    expect(await both.rotate()).toEqual({ resealed: 1, current: 0, unreadable: 0 });
    expect(await both.rotate()).toEqual({ resealed: 0, current: 1, unreadable: 0 });
    expect(await (await open(table, { keys: [fresh] })).load(aKey())).toEqual(aStoredToken());
    expect(await (await open(table, { keys: [old] })).load(aKey())).toBeUndefined();
  });

  it('fails while PostgreSQL is away, and goes on by itself when it is back', async () => {
    const table = aTable();
    const store = await open(table);
    await store.save(aKey(), aStoredToken());
    await stage.postgres.kill();
    await expect(store.load(aKey())).rejects.toThrow();
    await expect(store.acquire(aKey(), 15_000)).rejects.toThrow();
    const late = await open(table);
    await stage.postgres.start();
    expect(await store.load(aKey())).toEqual(aStoredToken());
    expect(await late.load(aKey())).toEqual(aStoredToken());
    expect(store.counts.failed).toBe(2);
  });

  it.each<[string, string, (url: URL) => void]>([
    ['has no such database', 'no_such_database', (url) => Object.assign(url, { pathname: '/nowhere' })],
    ['knows no such user', 'login_refused', (url) => Object.assign(url, { username: 'nobody', password: 's3cret' })],
    ['gives no right to make a table', 'access_refused', (url) => Object.assign(url, { username: 'guest', password: 's3cret' })],
    ['only reads', 'read_only', (url) => url.searchParams.set('options', '-c default_transaction_read_only=on')],
    ['is not there', 'connection_failed', (url) => url.searchParams.set('host', '/nowhere')],
  ])('%s: what is asked of the store fails with %s, and the error holds no password', async (what, code, change) => {
    if (what.includes('right')) await run('create role guest login; revoke create on schema public from public');
    const url = new URL(stage.connection);
    change(url);
    const store = await open(aTable(), { connection: url.href });
    const error: unknown = await store.save(aKey(), aStoredToken()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PostgresStoreError);
    expect(error).toMatchObject({ code });
    expect(`${(error as Error).message} ${inspect(error, { depth: 5 })}`).not.toContain('s3cret');
    expect(store.counts.failed).toBeGreaterThan(0);
  });

  it('has no TLS: what is asked of the store fails with connection_failed, which says so', async () => {
    const { config } = await openPostgresRelay(stage.connection);
    const store = await open(aTable(), { connection: { ...config, ssl: true } });
    await expect(store.load(aKey())).rejects.toMatchObject({
      code: 'connection_failed',
      message: expect.stringContaining('does not support SSL') as string,
    });
  });

  it('refuses a statement: what is asked of the store fails with command_failed, which names the SQLSTATE', async () => {
    const table = aTable();
    const store = await open(table);
    await run(`alter table ${table} rename column sealed to opened`);
    await expect(store.load(aKey())).rejects.toMatchObject({ code: 'command_failed', message: expect.stringContaining('42703') });
  });

  it('is asked by a store that was closed: that fails with closed', async () => {
    const store = await openPostgresStore({ connection: stage.connection, table: aTable(), keys });
    await store.close();
    await expect(store.load(aKey())).rejects.toMatchObject({ code: 'closed' });
    await expect(store.acquire(aKey(), 15_000)).rejects.toMatchObject({ code: 'closed' });
  });
});
