import { sql, type Transaction } from 'kysely';
import { ChangeCollector, type RecordName } from './change-collector.ts';
import { recordsNamed } from './records/record-operations.ts';
import { recordTables } from './records/record-tables.ts';
import type { Seal } from './seal.ts';
import type { Executor } from './sql-database.ts';
import type { Tables } from './tables.ts';
import type { TenantChange } from './tenant-store.ts';

const namesAtOnce = 2_000;

/** Notes which records the transaction changes, within that transaction; answers the new version of the store. */
export async function recordChanges(transaction: Transaction<Tables>, names: readonly RecordName[]): Promise<number> {
  const { version } = await transaction
    .updateTable('change_version')
    .set({ version: sql<number>`version + 1` })
    .returning('version')
    .executeTakeFirstOrThrow();
  for (let at = 0; at < names.length; at += namesAtOnce) {
    const rows = names.slice(at, at + namesAtOnce).map(({ kind, id }) => ({ kind, id, version }));
    await transaction
      .insertInto('changes')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet({ version }))
      .execute();
  }
  return version;
}

/** Version of the store: grows with each write. */
export async function versionOf(executor: Executor): Promise<number> {
  const { version } = await executor.selectFrom('change_version').select('version').executeTakeFirstOrThrow();
  return version;
}

/** What has changed since `version`. `executor`: a transaction that sees one state throughout. */
export async function changesSince(executor: Executor, version: number, seal: Seal): Promise<TenantChange> {
  const changes = new ChangeCollector();
  const names = await executor.selectFrom('changes').select(['kind', 'id']).where('version', '>', version).orderBy('version').execute();
  const settings = names.filter(({ kind }) => kind === 'settings');
  for (const { id } of settings) {
    const row = await executor.selectFrom('settings').select('value').where('name', '=', id).executeTakeFirst();
    if (row !== undefined) changes.write({ settings: { [id]: row.value } });
  }
  for (const table of recordTables) {
    const ids = names.filter(({ kind }) => kind === table.kind).map(({ id }) => id);
    const records = await recordsNamed(executor, table, ids, seal);
    const found = new Set(records.map((record) => table.idOf(record)));
    changes.write({ [table.kind]: records });
    for (const id of ids) if (!found.has(id)) changes.remove(table.kind, id);
  }
  return changes.change();
}
