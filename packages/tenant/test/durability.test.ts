import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  bundleProgram,
  hasPostgres,
  type PrivatePostgres,
  type SpawnedProcess,
  spawnProcess,
  startPrivatePostgres,
} from '@evertoken/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemSetTimer } from '../src/clock.ts';
import { newManagementApi } from '../src/model/resource-server.ts';
import { openPostgresDatabase } from '../src/store/postgres/postgres-database.ts';
import { Seal } from '../src/store/seal.ts';
import { SqlTenantStore } from '../src/store/sql-tenant-store.ts';
import { openSqliteDatabase } from '../src/store/sqlite/sqlite-database.ts';
import type { TenantStore } from '../src/store/tenant-store.ts';
import { insert, temporaryFolder } from './running-tenant.ts';

const isMissing = !hasPostgres();
if (isMissing) console.warn('SKIPPED: the test of kills on PostgreSQL: it is not installed here.');

const killsOfEach = 50;
/** Acknowledged writes before each kill; what is on its way then comes on top. */
const writesBeforeKill = 12;
const masterKey = randomBytes(32);
const seal = new Seal(masterKey);

let program: string;
beforeAll(async () => {
  program = await bundleProgram(new URL('programs/writer.ts', import.meta.url));
});

describe('a store whose process is killed in the midst of writing, again and again', () => {
  it('has every acknowledged write and no half one, on SQLite', { timeout: 600_000 }, async () => {
    const path = join(await temporaryFolder(), 'tenant.db');
    const open = async (): Promise<TenantStore> =>
      await SqlTenantStore.open(await openSqliteDatabase(path, seal, systemSetTimer), systemSetTimer);
    await withStore(open, (store) => insert(store, { resourceServers: [newManagementApi()] }));
    const acknowledged = await killWriters(path, killsOfEach);
    expect(acknowledged.size).toBeGreaterThanOrEqual(killsOfEach * writesBeforeKill);
    await withStore(open, (store) => expectWhole(store, acknowledged));
  });

  it.skipIf(isMissing)(
    'has every acknowledged write and no half one, on PostgreSQL, which is killed too',
    { timeout: 600_000 },
    async () => {
      const postgres = await startPrivatePostgres();
      onTestFinished(() => postgres.stop());
      const url = await postgres.newDatabase();
      const open = async (): Promise<TenantStore> =>
        await SqlTenantStore.open(await openPostgresDatabase({ url }, seal, systemSetTimer), systemSetTimer);
      await withStore(open, (store) => insert(store, { resourceServers: [newManagementApi()] }));
      const acknowledged = await killWriters(url, killsOfEach - 1);
      for (const name of await killServer(postgres, url)) acknowledged.add(name);
      expect(acknowledged.size).toBeGreaterThanOrEqual(killsOfEach * writesBeforeKill);
      await withStore(open, (store) => expectWhole(store, acknowledged));
    },
  );
});

/** Lets `count` writers write one after the other and kills each; answers what was acknowledged. */
async function killWriters(location: string, count: number): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  for (let round = 0; round < count; round += 1) {
    const writer = startWriter(location, `round-${round}`);
    // Not always at the same place.
    await untilWritten(writer, writesBeforeKill + (round % 5));
    await writer.stop();
    expect(writer.stdout).not.toContain('refused');
    for (const name of writtenBy(writer)) acknowledged.add(name);
  }
  return acknowledged;
}

/** Kills the server below a writer, starts it again, and kills the writer when it has gone on. */
async function killServer(postgres: PrivatePostgres, url: string): Promise<string[]> {
  const writer = startWriter(url, 'server');
  await untilWritten(writer, writesBeforeKill);
  await postgres.kill();
  await writer.waitFor(/refused \S+ store_unavailable/);
  const before = writtenBy(writer).length;
  await postgres.start();
  await untilWritten(writer, before + writesBeforeKill);
  await writer.stop();
  return writtenBy(writer);
}

const startWriter = (location: string, round: string): SpawnedProcess =>
  spawnProcess(process.execPath, [program, location, masterKey.toString('base64url'), round]);

const untilWritten = (writer: SpawnedProcess, count: number): Promise<unknown> =>
  writer.waitFor(new RegExp(`(written \\S+\\n[^]*?){${count}}`), 120_000);

// A last line that was cut is no acknowledgement.
const writtenBy = ({ stdout }: SpawnedProcess): string[] => [...stdout.matchAll(/^written (\S+)\n/gm)].map(([, name = '']) => name);

async function expectWhole(store: TenantStore, acknowledged: ReadonlySet<string>): Promise<void> {
  const { applications, clientGrants, settings } = await store.issuing();
  const there = new Set(applications.map(({ clientId }) => clientId));
  expect([...acknowledged].filter((name) => !there.has(name))).toEqual([]);
  expect(new Set(clientGrants.map(({ clientId }) => clientId))).toEqual(there);
  expect(there.has(settings['last'] ?? '')).toBe(true);
  expect((await store.check()).problems).toEqual([]);
}

async function withStore<T>(open: () => Promise<TenantStore>, use: (store: TenantStore) => Promise<T>): Promise<T> {
  const store = await open();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
