import { CompiledQuery, type Kysely } from 'kysely';
import type { NewLogEntry } from '../../model/log-entry.ts';
import { logRow } from '../log-row.ts';
import type { Executor, LogTable } from '../sql-database.ts';
import type { Tables } from '../tables.ts';

/** The logs in PostgreSQL. */
export function postgresLogs(database: Kysely<Tables>): LogTable {
  return {
    append: (entries) => database.transaction().execute((transaction) => append(transaction, entries)),
    forgetSome: (bounds) => database.transaction().execute((transaction) => forgetSomeLogs(transaction, bounds)),
  };
}

const entriesAtOnce = 1_000;

// The event as a text: PostgreSQL takes no JSON apart that has the escape of a NUL anywhere in it.
const insertion = `insert into logs (id, at, type, client_id, event)
  select value ->> 0, (value ->> 1)::bigint, value ->> 2, value ->> 3, value ->> 4 from json_array_elements($1::json) as value
  on conflict (id) do nothing`;

async function append(executor: Executor, entries: readonly NewLogEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += entriesAtOnce) {
    const rows = entries.slice(at, at + entriesAtOnce).map((entry) => logRow(entry, 'text'));
    // As bytes: a text would be taken for one of the store's own.
    await executor.executeQuery(CompiledQuery.raw(insertion, [Buffer.from(`[${rows.join(',')}]`)]));
  }
}

const forgottenAtOnce = 500;

/** Forgets some of the entries that are older than `olderThanMs`, or not newer than `upTo`; answers whether there may be more of them. */
async function forgetSomeLogs(
  executor: Executor,
  { olderThanMs, upTo = '' }: { olderThanMs: number; upTo: string | undefined },
): Promise<boolean> {
  const some = executor
    .selectFrom('logs')
    .select('id')
    .where((eb) => eb.or([eb('at', '<', olderThanMs), eb('id', '<=', upTo)]))
    .limit(forgottenAtOnce);
  const { numDeletedRows } = await executor.deleteFrom('logs').where('id', 'in', some).executeTakeFirst();
  return Number(numDeletedRows) === forgottenAtOnce;
}
