import { type Kysely, sql } from 'kysely';
import { TenantError } from '../../tenant-error.ts';
import type { Seal } from '../seal.ts';
import type { Executor } from '../sql-database.ts';
import type { RecordKind, RecordOf, RecordTable } from './record-table.ts';

type Row = Record<string, unknown>;

// The kinds differ in their columns alone, and these statements name none but the key.
const untyped = (executor: Executor): Kysely<Record<string, Row>> => executor as unknown as Kysely<Record<string, Row>>;

/** Number of rows in one statement: few enough for the limit that both databases have on parameters. */
const rowsAtOnce = 500;

function* portions<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += rowsAtOnce) yield all.slice(at, at + rowsAtOnce);
}

/** Writes new records. */
export async function insertRecords<K extends RecordKind>(
  executor: Executor,
  table: RecordTable<K>,
  records: readonly RecordOf<K>[],
  seal: Seal,
): Promise<void> {
  for (const portion of portions(records)) {
    await untyped(executor)
      .insertInto(table.table)
      .values(portion.map((record) => table.toRow(record, seal) as Row))
      .execute();
  }
}

/** Replaces each record by id. Unique values may move from one of them to another. Throws `not_found`. */
export async function replaceRecords<K extends RecordKind>(
  executor: Executor,
  table: RecordTable<K>,
  records: readonly RecordOf<K>[],
  seal: Seal,
): Promise<void> {
  if (records.length > 1) await letGoOfNames(executor, table, records.map(table.idOf));
  for (const record of records) {
    const id = table.idOf(record);
    const { numUpdatedRows } = await untyped(executor)
      .updateTable(table.table)
      .set(table.toRow(record, seal) as Row)
      .where(table.key, '=', id)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new TenantError('not_found', { problem: `There is no such record of ${table.kind}`, place: id });
  }
}

/** Gives the records that are about to be replaced placeholders for their unique values: both databases check each row at once, and not all in the end. */
async function letGoOfNames(executor: Executor, { table, key, unique }: RecordTable, ids: readonly string[]): Promise<void> {
  if (unique === undefined) return;
  const placeholder = sql<string>`${sql.lit('\n')} || ${sql.ref(key)}`;
  for (const portion of portions(ids)) {
    await untyped(executor)
      .updateTable(table)
      .set({ [unique]: placeholder })
      .where(key, 'in', portion)
      .execute();
  }
}

/** Removes records. */
export async function removeRecords(executor: Executor, table: RecordTable, ids: readonly string[]): Promise<void> {
  for (const portion of portions(ids)) await untyped(executor).deleteFrom(table.table).where(table.key, 'in', portion).execute();
}

/** The records with these ids, as far as there are such, in their order. */
export async function recordsNamed<K extends RecordKind>(
  executor: Executor,
  table: RecordTable<K>,
  ids: readonly string[],
  seal: Seal,
): Promise<RecordOf<K>[]> {
  return await recordsWith(executor, table, table.key, ids, seal);
}

/** The records that have one of `values` in `column`, in their order. */
export async function recordsWith<K extends RecordKind>(
  executor: Executor,
  table: RecordTable<K>,
  column: string,
  values: readonly string[],
  seal: Seal,
): Promise<RecordOf<K>[]> {
  const records: RecordOf<K>[] = [];
  for (const portion of portions(values)) {
    const rows = await untyped(executor).selectFrom(table.table).selectAll().where(column, 'in', portion).orderBy('sequence').execute();
    records.push(...rows.map((row) => table.toRecord(row as never, seal)));
  }
  return records;
}

/** The ids of the records that have one of `values` in `column`. */
export async function idsWith(executor: Executor, table: RecordTable, column: string, values: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const portion of portions(values)) {
    const rows = await untyped(executor).selectFrom(table.table).select(table.key).where(column, 'in', portion).execute();
    ids.push(...rows.map((row) => row[table.key] as string));
  }
  return ids;
}

/** All records of a kind, in order. */
export async function allRecords<K extends RecordKind>(executor: Executor, table: RecordTable<K>, seal: Seal): Promise<RecordOf<K>[]> {
  const rows = await untyped(executor).selectFrom(table.table).selectAll().orderBy('sequence').execute();
  return rows.map((row) => table.toRecord(row as never, seal));
}
