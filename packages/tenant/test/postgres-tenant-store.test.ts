import { randomBytes } from 'node:crypto';
import { hasPostgres, type PrivatePostgres, startPrivatePostgres } from '@evertoken/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemSetTimer } from '../src/clock.ts';
import { newApplication } from '../src/model/new-application.ts';
import { openPostgresDatabase } from '../src/store/postgres/postgres-database.ts';
import { Seal } from '../src/store/seal.ts';
import { SqlTenantStore } from '../src/store/sql-tenant-store.ts';
import { insert } from './running-tenant.ts';
import { tenantStoreContract } from './tenant-store-contract.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the tests of the store over PostgreSQL: it is not installed here.');

const masterKey = randomBytes(32);

async function openAt(url: string, key: Buffer = masterKey): Promise<SqlTenantStore> {
  const store = await SqlTenantStore.open(await openPostgresDatabase({ url }, new Seal(key), systemSetTimer), systemSetTimer);
  onTestFinished(() => store.close());
  return store;
}

describe.skipIf(isMissing)('the SQL store over PostgreSQL', () => {
  let postgres: PrivatePostgres;
  /** A database with the tables and nothing in them: to copy it is quicker than to make them each time. */
  let empty: string;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    empty = await postgres.newDatabase();
    await (await openPostgresDatabase({ url: empty }, new Seal(masterKey), systemSetTimer)).close();
  }, 120_000);
  afterAll(() => postgres.stop());

  tenantStoreContract(async () => {
    const url = await postgres.newDatabase(empty);
    return { store: await openAt(url), reopen: () => openAt(url) };
  });

  it('makes its tables once when several open it at the same time', async () => {
    const url = await postgres.newDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openAt(url)));
    await insert(stores[0]!, { settings: { one: '1' } });
    expect(await Promise.all(stores.map((store) => store.setting('one')))).toEqual(['1', '1', '1', '1']);
  });

  it('does not say of log entries that they are not kept while somebody who was given up is about to keep them', async () => {
    const url = await postgres.newDatabase(empty);
    const store = await openAt(url);
    const givenUp = new Client(url);
    await givenUp.connect();
    onTestFinished(() => givenUp.end());
    await givenUp.query('begin');
    await givenUp.query("insert into logs (id, at, type, event) values ('1', 0, 'seccft', '{}')");
    const isKept = store.isLogKept('1');
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    await expect.poll(async () => (await givenUp.query(waiting)).rowCount).toBe(1);
    await givenUp.query('commit');
    expect(await isKept).toBe(true);
  });

  it('gives no secret to another master key', async () => {
    const url = await postgres.newDatabase();
    const application = newApplication({ name: 'Sealed' }, 0);
    await insert(await openAt(url), { applications: [application] });
    const stranger = await openAt(url, randomBytes(32));
    await expect(stranger.application(application.clientId)).rejects.toMatchObject({ code: 'sealed_unreadable' });
  });

  it('says what is wrong with an address without its password', async () => {
    const url = (await postgres.newDatabase()).replace('postgres@', 'postgres:not-to-be-told@');
    for (const wrong of [
      url.replace(/test_\d+/, 'nowhere'),
      'postgresql://u:not-to-be-told@127.0.0.1:1/x',
      'postgresql://u:not-to-be-told@%zz/',
    ]) {
      const refused = openPostgresDatabase({ url: wrong }, new Seal(masterKey), systemSetTimer);
      await expect(refused).rejects.toMatchObject({
        code: 'store_unusable',
        message: expect.not.stringContaining('not-to-be-told') as string,
      });
    }
    await openAt(url);
  });

  it.each(['sslmode=no-verify', 'uselibpqcompat=true&sslmode=require'])(
    'is not asked over TLS that verifies nobody: %s',
    async (parameters) => {
      const url = `${await postgres.newDatabase()}&${parameters}`;
      await expect(openPostgresDatabase({ url }, new Seal(masterKey), systemSetTimer)).rejects.toMatchObject({
        code: 'store_unusable',
        problem: expect.stringMatching(/TLS that verifies nobody/) as string,
        step: expect.stringMatching(/sslmode=verify-full/) as string,
      });
    },
  );
});
