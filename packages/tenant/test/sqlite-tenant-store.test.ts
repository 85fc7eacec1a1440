import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemSetTimer } from '../src/clock.ts';
import { newClientGrant } from '../src/model/client-grant.ts';
import { secretDigest } from '../src/model/issuing-application.ts';
import { logIdFollowing, logIds } from '../src/model/log-id.ts';
import { newApplication } from '../src/model/new-application.ts';
import { newManagementApi, newResourceServer } from '../src/model/resource-server.ts';
import { migrate } from '../src/store/migrate.ts';
import { Seal } from '../src/store/seal.ts';
import { SqlTenantStore } from '../src/store/sql-tenant-store.ts';
import { firstSqliteSchema } from '../src/store/sqlite/first-sqlite-schema.ts';
import { LibsqlConnection } from '../src/store/sqlite/libsql-connection.ts';
import { LibsqlDialect } from '../src/store/sqlite/libsql-dialect.ts';
import { openSqliteDatabase } from '../src/store/sqlite/sqlite-database.ts';
import { sqliteMigrations } from '../src/store/sqlite/sqlite-migrations.ts';
import type { Tables } from '../src/store/tables.ts';
import { insert, temporaryFolder } from './running-tenant.ts';
import { aTenant, firstOf, namesOf, recordsOf } from './store-contract/a-tenant.ts';
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

  it('keeps what a store of the first schema holds', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const seal = new Seal(masterKey);
    const former = new Database(path);
    const database = new Kysely<Tables>({ dialect: new LibsqlDialect(new LibsqlConnection(path), systemSetTimer) });
    await migrate(database, { '0001-first': firstSqliteSchema });
    await database.destroy();
    const [worker, global] = [newApplication({ name: 'Wörker', client_metadata: { a: '1' } }, 0), newApplication({ name: 'All' }, 0)];
    for (const [application, isGlobal] of [[global, 1] as const, [worker, 0] as const]) {
      former
        .prepare(
          'insert into applications (client_id, is_global, is_first_party, app_type, sealed_client_secret, properties) values (?, ?, 1, null, ?, ?)',
        )
        .run(
          application.clientId,
          isGlobal,
          seal.close(application.clientSecret, `client secret of ${application.clientId}`),
          JSON.stringify(application.properties),
        );
    }
    const [api, other] = [newManagementApi(), newResourceServer('https://a/', { scopes: [] })];
    const servers = [
      [api, 'Auth0 Management API', 300, 1],
      [other, null, 86_400, 0],
    ] as const;
    for (const [server, name, lifetime, isSystem] of servers) {
      former
        .prepare(`insert into resource_servers (id, identifier, name, scopes, signing_alg, token_lifetime, token_lifetime_for_web, is_system)
          values (?, ?, ?, ?, 'RS256', ?, 7200, ?)`)
        .run(server.id, server.identifier ?? null, name, JSON.stringify(server.properties.scopes), lifetime, isSystem);
    }
    const grant = newClientGrant({ id: 'cgr_1', clientId: worker.clientId, resourceServerId: api.id, scope: ['read:clients'] });
    former
      .prepare("insert into client_grants (id, client_id, resource_server_id, scope, subject_type) values (?, ?, ?, ?, 'client')")
      .run(grant.id, worker.clientId, api.id, JSON.stringify(grant.scope));
    former
      .prepare('insert into signing_keys (kid, state, certificate, sealed_private_key) values (?, ?, ?, ?)')
      .run('k', 'current', 'certificate', seal.close('private', 'signing key k'));
    former.prepare('insert into settings (name, value) values (?, ?)').run('one', '1');
    former.close();

    const store = await openAt(path);
    for (const opened of [store, await openAt(path)]) {
      const { scopes: _, ...withoutScopes } = other.properties;
      const key = { kid: 'k', state: 'current', certificatePem: 'certificate', privateKeyPem: 'private' };
      expect(await recordsOf(opened)).toEqual({
        signingKeys: [{ ...key, currentSinceMs: undefined, currentUntilMs: undefined, revokedAtMs: undefined }],
        resourceServers: [
          { ...api, properties: { ...api.properties, token_lifetime: 300 } },
          { ...other, properties: withoutScopes },
        ],
        applications: [worker, { ...global, isGlobal: true }],
        credentials: [],
        organizations: [],
        clientGrants: [grant],
      });
      expect(await opened.setting('one')).toBe('1');
      const indexed = (await opened.issuing()).applications.find(({ clientId }) => clientId === worker.clientId);
      expect(Buffer.from(indexed!.secretDigest)).toEqual(secretDigest(worker.clientSecret));
    }
    await store.write((transaction) => transaction.insert({ applications: [newApplication({ name: 'Later' }, 0)] }));
    expect(namesOf(await store.applications({}, firstOf(10)))).toEqual(['Wörker', 'Later', 'All']);
    expect((await store.check()).problems).toEqual([]);
  });

  it('gives the log entries that a store of the second schema holds, and those that came after them', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const { '0001-first': first, '0002-changes': second } = sqliteMigrations(new Seal(masterKey));
    const database = new Kysely<Tables>({ dialect: new LibsqlDialect(new LibsqlConnection(path), systemSetTimer) });
    await migrate(database, { '0001-first': first!, '0002-changes': second! });
    await database.destroy();
    // With the number in the middle, as ids were.
    const formerIds = [1, 2].map((count) => `90020260921141320000${String(count).padStart(5, '0')}${'7'.repeat(15)}`);
    const raw = new Database(path);
    for (const id of formerIds) raw.exec(`insert into logs values ('${id}', 5, 'seccft', null, '{"a":1}')`);
    raw.close();
    const store = await openAt(path);
    const next = logIds(formerIds[1])(0);
    await store.appendLogs([{ id: next, atMs: 6, type: 'seccft', clientId: undefined, event: '{"a":2}', count: 2, times: [0, 2] }]);
    const { items, total } = await store.logs({ order: 'oldest first', page: firstOf(10) });
    expect(items.map(({ id, atMs, event }) => [id, atMs, event])).toEqual([
      ...formerIds.map((id) => [id, 5, { a: 1 }]),
      ...[next, logIdFollowing(next, 1)].map((id) => [id, 6, { a: 2 }]),
    ]);
    expect(total).toBe(4);
    expect(await store.log(formerIds[1]!)).toEqual(items[1]);
  });

  it('keeps a long batch of log entries whole or not at all', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const store = await openAt(path);
    const raw = new Database(path);
    raw.exec("create trigger no_room before insert on logs when new.type = 'unwanted' begin select raise(abort, 'no room'); end");
    const batch = ['seccft', 'seccft', 'unwanted'].map((type, at) => ({
      ...{ id: String(at), atMs: 0, type, clientId: undefined, count: 1 },
      event: JSON.stringify('x'.repeat(200_000)),
    }));
    await expect(store.appendLogs(batch)).rejects.toThrow('no room');
    const page = { kind: 'after', after: undefined, limit: 10 } as const;
    expect((await store.logs({ order: 'oldest first', page })).items).toEqual([]);
    raw.exec('drop trigger no_room');
    raw.close();
    await store.appendLogs(batch);
    expect((await store.logs({ order: 'oldest first', page })).items).toHaveLength(3);
  });

  it('refuses writes where its disk is full, keeps what it has, and goes on when there is room', async () => {
    const database = await openSqliteDatabase(join(await temporaryFolder(), 'tenant.db'), new Seal(masterKey), systemSetTimer);
    const store = await SqlTenantStore.open(database, systemSetTimer);
    onTestFinished(() => store.close());
    const announced: string[] = [];
    store.onChange(({ written }) => announced.push(...(written.applications ?? []).map(({ clientId }) => clientId)));
    const limit = async (pages: number): Promise<void> =>
      void (await sql.raw(`pragma max_page_count = ${pages}`).execute(database.writing));
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.writing);
    await limit(rows[0]!.page_count + 40);

    const api = newManagementApi();
    await insert(store, { resourceServers: [api] });
    const write = (): Promise<void> => {
      const application = newApplication({ name: 'x'.repeat(3_000) }, 0);
      const grant = newClientGrant({
        id: `cgr_${application.clientId}`,
        clientId: application.clientId,
        resourceServerId: api.id,
        scope: [],
      });
      return insert(store, { applications: [application], clientGrants: [grant] });
    };
    let written = 0;
    const filling = async (): Promise<never> => {
      for (;;) {
        await write();
        written += 1;
      }
    };
    await expect(filling()).rejects.toMatchObject({ code: 'store_full' });
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(write()).rejects.toMatchObject({ code: 'store_full' });
    expect(written).toBeGreaterThan(0);
    expect((await store.applications({}, firstOf(100))).total).toBe(written);
    expect((await store.clientGrants({}, firstOf(100))).total).toBe(written);
    expect((await store.issuing()).applications.map(({ clientId }) => clientId)).toEqual(announced);
    expect((await store.check()).problems).toEqual([]);

    await limit(1_000_000);
    await write();
    expect((await store.applications({}, firstOf(1))).total).toBe(written + 1);
  });

  it('waits for another process that writes without stopping its own', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const store = await openAt(path);
    const other = new Database(path);
    onTestFinished(() => void other.close());
    other.exec('begin immediate');
    const written = insert(store, { settings: { one: '1' } });
    // Reads, and whatever else the process does, go on meanwhile.
    expect(await store.setting('one')).toBeUndefined();
    other.exec("insert into settings values ('two', '2')");
    other.exec('commit');
    await written;
    expect((await store.issuing()).settings).toEqual({ one: '1', two: '2' });
  });

  it('copies itself into a new file for its owner alone, usable as it is, and over no file', async () => {
    const folder = await temporaryFolder();
    const store = await openAt(join(folder, 'tenant.db'));
    const tenant = aTenant();
    await insert(store, tenant);
    const copy = join(folder, 'copy.db');
    await store.backup?.(copy);
    await expect(store.backup?.(copy)).rejects.toMatchObject({ code: 'EEXIST' });
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    await insert(store, { settings: { later: 'x' } });
    const opened = await openAt(copy);
    expect(await recordsOf(opened)).toEqual(await recordsOf(store));
    expect(await opened.setting('later')).toBeUndefined();
  });

  it('finds what is damaged', async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const store = await openAt(path);
    const tenant = aTenant();
    await insert(store, tenant);
    const raw = new Database(path);
    raw.exec(`pragma foreign_keys = off; delete from applications where client_id = '${tenant.applications[1]!.clientId}'`);
    raw.close();
    const { problems } = await store.check();
    expect(problems).toHaveLength(5);
    expect(problems[0]).toMatch(/^client_grants cgr_\w+ points at a record of applications that there is not$/);
  });

  it('has schema steps in the order of their names', () => {
    const names = Object.keys(sqliteMigrations(new Seal(masterKey)));
    expect(names).toEqual(names.toSorted());
  });
});
