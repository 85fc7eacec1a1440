import { sql } from 'kysely';
import type { Executor } from '../sql-database.ts';
import { textOf } from '../stored-text.ts';

/** Rows that are fetched in one go. */
const rowsAtOnce = 1_000;

/**
 * `columns` of all rows of `table` in their order, a thousand at a time. As JSON, made by SQLite and parsed by V8: libsql makes an object of a row at several
 * times that cost, and a start reads hundreds of thousands.
 */
export async function* allRows(executor: Executor, table: string, columns: readonly string[]): AsyncGenerator<unknown[][]> {
  const [named, own] = [sql.join(columns.map((column) => sql.ref(column))), sql.table(table)];
  for (let after = 0; ; ) {
    // As bytes: a text would be taken for one of the store's own. The place is the last value of a row, so that it can be taken off.
    const { rows } = await sql<{ portion: Uint8Array }>`select cast(json_group_array(json_array(${named}, sequence)) as blob) as portion
      from (select sequence, ${named} from ${own} where sequence > ${after} order by sequence limit ${rowsAtOnce})`.execute(executor);
    const text = Buffer.from(rows[0]?.portion ?? '[]').toString('utf8');
    const portion = JSON.parse(text) as unknown[][];
    for (const row of portion) after = row.pop() as number;
    const hasMarks = textOf(text) !== text;
    yield hasMarks ? portion.map((row) => row.map((value) => (typeof value === 'string' ? textOf(value) : value))) : portion;
    if (portion.length < rowsAtOnce) return;
  }
}
