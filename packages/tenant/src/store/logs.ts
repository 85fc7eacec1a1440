import type { Selectable, SelectQueryBuilder } from 'kysely';
import type { LogEntry } from '../model/log-entry.ts';
import type { LogFilter, LogQuery, Page } from './page.ts';
import type { Executor } from './sql-database.ts';
import type { Tables } from './tables.ts';

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
  { types, clientId, sinceMs, before }: LogFilter,
): SelectQueryBuilder<Tables, 'logs', O> {
  let matching = query;
  if (types !== undefined) matching = matching.where((eb) => eb.or(types.map((type) => eb('type', '=', type))));
  if (clientId !== undefined) matching = matching.where('client_id', '=', clientId);
  if (sinceMs !== undefined) matching = matching.where('at', '>=', sinceMs);
  if (before !== undefined) matching = matching.where('id', '<', before);
  return matching;
}

/** The entry with this id. */
export async function logNamed(executor: Executor, id: string): Promise<LogEntry | undefined> {
  const row = await executor.selectFrom('logs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && entryOf(row);
}

/** The id of the newest entry that is to go where only the newest `keep` stay; undefined where there are no more than these. */
export async function newestTooMany(executor: Executor, keep: number): Promise<string | undefined> {
  return (await executor.selectFrom('logs').select('id').orderBy('id', 'desc').limit(1).offset(keep).executeTakeFirst())?.id;
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
