import { systemClock, TokenKeeper } from '@evertoken/client';
import { aKey, aStoredToken, hasPostgres, json, ManualClock, startTokenEndpoint } from '@evertoken/testkit';
import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgresStore } from '../src/index.ts';
import { aPostgres, keys } from './a-postgres.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the tests of a PostgreSQL that fails: it is not installed here.');

describe.skipIf(isMissing)('a PostgreSQL that fails', () => {
  const stage = aPostgres();
  const { aTable, open, run } = stage;

  it('locks the table for long: what is asked meanwhile fails with timeout, and no session is left waiting for the lock', async () => {
    const table = aTable();
    const store = await open(table, { commandTimeoutMs: 200 });
    await expect.poll(() => store.load(aKey()).catch(() => 'late')).toBeUndefined();
    const locker = new Client(stage.connection);
    await locker.connect();
    try {
      await locker.query(`begin; lock table ${table} in access exclusive mode`);
      for (let tries = 0; tries < 4; tries += 1) await expect(store.load(aKey())).rejects.toMatchObject({ code: 'timeout' });
      const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%${table}%'`;
      await expect.poll(() => run(waiting)).toEqual([]);
      await locker.query('rollback');
    } finally {
      await locker.end();
    }
    await expect.poll(() => store.load(aKey()).catch(() => 'late')).toBeUndefined();
  });

  it('lost the table, its sequence, or both: they are made again, and processes share through them', async () => {
    const table = aTable();
    const [one, other] = [await open(table), await open(table)];
    for (const lost of [`table ${table}`, `sequence ${table}_generation`, `table ${table}; drop sequence ${table}_generation`]) {
      await one.save(aKey(), aStoredToken());
      await run(`drop ${lost}`);
      const leases = await Promise.all([one.acquire(aKey(), 15_000), other.acquire(aKey(), 15_000)]);
      const lease = leases.find((given) => given !== undefined);
      expect(await lease?.save(aStoredToken({ accessToken: lost, expiresAt: aStoredToken().expiresAt + 60_000 })), lost).toBe(true);
      expect((await other.load(aKey()))?.accessToken).toBe(lost);
      expect((await one.load(aKey()))?.accessToken).toBe(lost);
      await lease?.release();
      await one.remove(aKey());
    }
    expect([one.counts.failed, other.counts.failed]).toEqual([0, 0]);
  });

  it('lost the table, which the user may not make: the error says what to grant', async () => {
    const table = aTable();
    await open(table);
    await run(`create role reader_${table} login; grant select on ${table}, ${table}_generation to reader_${table}`);
    await run('revoke create on schema public from public');
    const url = new URL(stage.connection);
    url.username = `reader_${table}`;
    const store = await open(table, { connection: url.href });
    expect(await store.load(aKey())).toBeUndefined();
    await run(`drop table ${table}`);
    await expect(store.load(aKey())).rejects.toMatchObject({ code: 'access_refused', message: expect.stringContaining('grant') as string });
  });

  it('only reads from some moment on: it is down, though reads are answered, until it takes a lease again', async () => {
    const table = aTable();
    const clock = new ManualClock();
    const endpoint = await startTokenEndpoint();
    // The keeper's time is moved; how long an answer takes is the machine's.
    const { monotonic, setTimer } = systemClock;
    const own = { now: () => clock.now(), monotonic, setTimer };
    const store = await openPostgresStore({ connection: stage.connection, table, keys, commandTimeoutMs: 5_000, clock: own });
    const keeper = new TokenKeeper({ store, clock, policy: { storeWaitMs: 60_000 } });
    onTestFinished(async () => {
      await keeper.close();
      await endpoint.close();
    });
    const mode = async (isReadOnly: boolean): Promise<void> => {
      await run(`begin; set transaction read write; alter role current_user set default_transaction_read_only = ${isReadOnly}; commit`);
      // It is asked for when a session begins.
      await run("select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()");
    };
    const told: string[] = [];
    keeper.on('storeDegraded', ({ operation }) => told.push(operation));
    keeper.on('storeRecovered', () => told.push('recovered'));
    const kept = keeper.keep({ tokenEndpoint: endpoint.url, clientId: 'worker', clientSecret: 's3cret' });
    await kept.get();
    clock.advance(60_000);
    endpoint.answer((_, response) => json(response, 200, { access_token: 'longer', token_type: 'Bearer', expires_in: 90_000 }));
    await mode(true);
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
      await mode(false);
    }
    clock.advance(60_001);
    await expect.poll(() => told).toEqual(['lease', 'recovered']);
    clock.advance(5_000);
    // It gets what it missed.
    await expect.poll(() => run(`select fingerprint from ${table}`)).toEqual([{ fingerprint: kept.peek()?.fingerprint }]);
    expect(endpoint.requests).toHaveLength(2);
  });

  it('has a record whose token has ended by the clock of this machine alone: it is none here, is counted apart, and stays for the others', async () => {
    const table = aTable();
    const store = await open(table);
    await store.save(aKey(), aStoredToken());
    const { now, monotonic, setTimer } = systemClock;
    const ahead = await open(table, { clock: { now: () => now() + 7_200_000, monotonic, setTimer } });
    expect(await ahead.load(aKey())).toBeUndefined();
    expect(ahead.counts).toMatchObject({ unreadable: 0, endedHere: 1 });
    // What it mints for itself lives shorter than what is there.
    await ahead.save(aKey(), aStoredToken({ accessToken: 'own', lifetimeMs: 600_000, expiresAt: now() + 7_200_000 + 600_000 }));
    expect(await store.load(aKey())).toEqual(aStoredToken());
  });
});
