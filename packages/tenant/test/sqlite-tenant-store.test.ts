import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemSetTimer } from '../src/clock.ts';
import { newApplication } from '../src/model/new-application.ts';
import { Seal } from '../src/store/seal.ts';
import { SqlTenantStore } from '../src/store/sql-tenant-store.ts';
import { openSqliteDatabase } from '../src/store/sqlite/sqlite-database.ts';
import { sqliteMigrations } from '../src/store/sqlite/sqlite-migrations.ts';
import { insert, temporaryFolder } from './running-tenant.ts';
import { tenantStoreContract } from './tenant-store-contract.ts';

const masterKey = randomBytes(32);

async function openAt(path: string, key: Buffer = masterKey): Promise<SqlTenantStore> {
  const store = await SqlTenantStore.open(await openSqliteDatabase(path, new Seal(key), systemSetTimer), systemSetTimer);
  onTestFinished(() => store.close());
  return store;
}

describe('the SQL store over SQLite', () => {
  tenantStoreContract(async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    return { store: await openAt(path), reopen: () => openAt(path) };
  });

  it('writes through to the disk at each commit', async () => {
    const database = await openSqliteDatabase(join(await temporaryFolder(), 'tenant.db'), new Seal(masterKey), systemSetTimer);
    onTestFinished(() => database.close());
    const pragma = async (name: string): Promise<unknown> =>
      Object.values((await sql.raw(`pragma ${name}`).execute(database.writing)).rows[0] as object)[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
  });

  it('gives no secret to another master key', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const application = newApplication({ name: 'Sealed' }, 0);
    await insert(await openAt(path), { applications: [application] });
    const stranger = await openAt(path, randomBytes(32));
    await expect(stranger.application(application.clientId)).rejects.toMatchObject({ code: 'sealed_unreadable' });
  });

  it('opens no secret that was moved to another client', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const [one, two] = [newApplication({ name: 'One' }, 0), newApplication({ name: 'Two' }, 0)];
    const store = await openAt(path);
    await insert(store, { applications: [one, two] });
    const raw = new Database(path);
    raw.exec(
      `update applications set sealed_client_secret = (select sealed_client_secret from applications where client_id = '${one.clientId}')`,
    );
    raw.close();
    expect((await store.application(one.clientId))?.clientSecret).toBe(one.clientSecret);
    await expect(store.application(two.clientId)).rejects.toMatchObject({ code: 'sealed_unreadable' });
  });

  it('leaves nothing of a schema step that fails', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const raw = new Database(path);
    // In the way of the last table of the first step.
    raw.exec('create table client_grants (x)');
    raw.close();
    await expect(openSqliteDatabase(path, new Seal(masterKey), systemSetTimer)).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringMatching(/0001-first/) as string,
    });
    const after = new Database(path);
    const tables = after
      .prepare("select name from sqlite_master where type = 'table' and name not like 'kysely%' and name not like 'sqlite%'")
      .all();
    after.close();
    expect(tables).toEqual([{ name: 'client_grants' }]);
  });

  it('has schema steps in the order of their names', () => {
    const names = Object.keys(sqliteMigrations(new Seal(masterKey)));
    expect(names).toEqual(names.toSorted());
  });
});
