import { CompiledQuery, type Kysely } from 'kysely';
import type { NewLogEntry } from '../../model/log-entry.ts';
import type { Executor, LogTable } from '../sql-database.ts';
import type { Tables } from '../tables.ts';

/** The logs in PostgreSQL. */
export function postgresLogs(database: Kysely<Tables>): LogTable {
  const append = logAppender();
  return {
    append: (entries) => database.transaction().execute((transaction) => append(transaction, entries)),
    forgetSome: (bounds) => database.transaction().execute((transaction) => forgetSomeLogs(transaction, bounds)),
  };
}

const entriesAtOnce = 1_000;

/**
 * What keeps entries; those whose id is known stay as they are. The statement for so many rows is put together once: that takes longer than to run it, and
 * batches are mostly alike.
 */
function logAppender(): (executor: Executor, entries: readonly NewLogEntry[]) => Promise<void> {
  const texts = new Map<number, string>();
  return async (executor, entries) => {
    for (let at = 0; at < entries.length; at += entriesAtOnce) {
      const some = entries.slice(at, at + entriesAtOnce);
      const text = texts.get(some.length) ?? insertionOf(executor, some.length);
      texts.set(some.length, text);
      await executor.executeQuery(CompiledQuery.raw(text, some.flatMap(valuesOf)));
    }
  };
}

const columns = ['id', 'at', 'type', 'client_id', 'event'] as const;

function valuesOf({ id, atMs, type, clientId, event }: NewLogEntry): unknown[] {
  return [id, atMs, type, clientId ?? null, event];
}

function insertionOf(executor: Executor, count: number): string {
  const row = Object.fromEntries(columns.map((column) => [column, ''])) as Record<'id' | 'type' | 'client_id' | 'event', string>;
  const rows = Array.from({ length: count }, () => ({ ...row, at: 0 }));
  const insertion = executor.insertInto('logs').columns(columns).values(rows);
  return insertion.onConflict((conflict) => conflict.column('id').doNothing()).compile().sql;
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
