import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemSetTimer } from '../src/clock.ts';
import { logIds } from '../src/model/log-id.ts';
import { Seal } from '../src/store/seal.ts';
import { SqlTenantStore } from '../src/store/sql-tenant-store.ts';
import { openSqliteDatabase } from '../src/store/sqlite/sqlite-database.ts';
import { temporaryFolder } from './running-tenant.ts';
import { firstOf } from './store-contract/a-tenant.ts';

it.each([
  ['a type that there is not', { types: ['none'] }, 0],
  ['a type that most have', { types: ['seccft'] }, 0],
  ['a page far from the beginning', {}, 5_900],
])('the store over SQLite lets others have their turn while it reads the logs: %s', async (_name, filter, offset) => {
  const database = await openSqliteDatabase(join(await temporaryFolder(), 'tenant.db'), new Seal(randomBytes(32)), systemSetTimer);
  const store = await SqlTenantStore.open(database, systemSetTimer);
  onTestFinished(() => store.close());
  const nextId = logIds();
  await store.appendLogs(
    Array.from({ length: 6_000 }, () => ({ id: nextId(0), atMs: 0, type: 'seccft', clientId: undefined, event: '{}', count: 1 })),
  );
  const order: string[] = [];
  await Promise.all([
    new Promise((resolve) => void systemSetTimer(() => resolve(order.push('another')), 0)),
    store.logs({ filter, order: 'newest first', page: firstOf(10, offset) }).then(() => order.push('read')),
  ]);
  expect(order).toEqual(['another', 'read']);
});
