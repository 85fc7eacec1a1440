import { CompiledQuery, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { LogEntry } from '../model/log-entry.ts';
import type { LogFilter, LogQuery, Page } from './page.ts';
import type { Executor } from './sql-database.ts';
import type { Tables } from './tables.ts';

const entriesAtOnce = 1_000;

/**
 * What keeps entries; those whose id is known stay as they are. The statement for so many rows is put together once: that takes longer than to run it, and
 * batches are mostly alike.
 */
export function logAppender(): (executor: Executor, entries: readonly LogEntry[]) => Promise<void> {
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

function valuesOf({ id, atMs, type, clientId, event }: LogEntry): unknown[] {
  return [id, atMs, type, clientId ?? null, JSON.stringify(event)];
}

function insertionOf(executor: Executor, count: number): string {
  const row = Object.fromEntries(columns.map((column) => [column, ''])) as Record<'id' | 'type' | 'client_id' | 'event', string>;
  const rows = Array.from({ length: count }, () => ({ ...row, at: 0 }));
  const insertion = executor.insertInto('logs').columns(columns).values(rows);
  return insertion.onConflict((conflict) => conflict.column('id').doNothing()).compile().sql;
}

/** A page of the entries that `filter` names. */
export async function logPage(executor: Executor, { filter = {}, order, page }: LogQuery): Promise<Page<LogEntry>> {
  const matching = filtered(executor.selectFrom('logs'), filter);
  const total = page.kind === 'after' ? undefined : await countOf(matching);
  let following = matching
    .selectAll()
    .orderBy('id', order === 'newest first' ? 'desc' : 'asc')
    .limit(page.limit + 1);
  if (page.kind === 'offset') following = following.offset(page.offset);
  else if (page.after !== undefined) following = following.where('id', order === 'newest first' ? '<' : '>', page.after);
  const rows = await following.execute();
  const shown = rows.slice(0, page.limit);
  return { items: shown.map(entryOf), total, next: rows.length > page.limit ? shown.at(-1)?.id : undefined };
}

async function countOf(matching: SelectQueryBuilder<Tables, 'logs', object>): Promise<number> {
  const { count } = await matching.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return Number(count);
}

function filtered<O>(
  query: SelectQueryBuilder<Tables, 'logs', O>,
  { types, clientId, sinceMs }: LogFilter,
): SelectQueryBuilder<Tables, 'logs', O> {
  let matching = query;
  if (types !== undefined) matching = matching.where((eb) => eb.or(types.map((type) => eb('type', '=', type))));
  if (clientId !== undefined) matching = matching.where('client_id', '=', clientId);
  if (sinceMs !== undefined) matching = matching.where('at', '>=', sinceMs);
  return matching;
}

/** The entry with this id. */
export async function logNamed(executor: Executor, id: string): Promise<LogEntry | undefined> {
  const row = await executor.selectFrom('logs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && entryOf(row);
}

/** The newest entry that is one too many where `keep` stay; undefined where there are no more. */
export async function newestTooMany(executor: Executor, keep: number): Promise<string | undefined> {
  return (await executor.selectFrom('logs').select('id').orderBy('id', 'desc').limit(1).offset(keep).executeTakeFirst())?.id;
}

const forgottenAtOnce = 500;

/** Forgets some of the entries that are older than `olderThanMs`, or not newer than `upTo`; answers whether there may be more of them. */
export async function forgetSomeLogs(
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

function entryOf(row: Selectable<Tables['logs']>): LogEntry {
  return {
    id: row.id,
    atMs: row.at,
    type: row.type,
    clientId: row.client_id ?? undefined,
    event: JSON.parse(row.event) as Record<string, unknown>,
  };
}
