import { sql } from 'kysely';
import type { Executor } from '../sql-database.ts';
import { textOf } from '../stored-text.ts';

/** Rows that are fetched in one go. */
const rowsAtOnce = 20_000;

/**
 * `columns` of all rows of `table` in their order. As JSON, made by SQLite and parsed by V8: libsql makes an object of a row at several times
 * that cost, and a start reads hundreds of thousands.
 */
export async function allRows(executor: Executor, table: string, columns: readonly string[]): Promise<Record<string, unknown>[]> {
  const [named, own] = [sql.join(columns.map((column) => sql.ref(column))), sql.table(table)];
  const found: Record<string, unknown>[] = [];
  for (let after = 0; ; ) {
    // As bytes: a text would be taken for one of the store's own.
    const { rows } = await sql<{ portion: Uint8Array }>`select cast(json_group_array(json_array(sequence, ${named})) as blob) as portion
      from (select sequence, ${named} from ${own} where sequence > ${after} order by sequence limit ${rowsAtOnce})`.execute(executor);
    const portion = JSON.parse(Buffer.from(rows[0]?.portion ?? '[]').toString('utf8')) as [number, ...unknown[]][];
    for (const values of portion) {
      const row: Record<string, unknown> = {};
      for (const [at, column] of columns.entries()) row[column] = readable(values[at + 1]);
      found.push(row);
      after = values[0];
    }
    if (portion.length < rowsAtOnce) return found;
  }
}

function readable(value: unknown): unknown {
  return typeof value === 'string' ? textOf(value) : value;
}
