import { type SelectQueryBuilder, sql } from 'kysely';
import type { LogEntry } from '../model/log-entry.ts';
import { logPlaceAt } from '../model/log-id.ts';
import { entriesOf, entryIn, type LogRow } from './log-row.ts';
import type { LogFilter, LogQuery, Page } from './page.ts';
import type { Executor } from './sql-database.ts';
import type { Tables } from './tables.ts';

type Logs<O> = SelectQueryBuilder<Tables, 'logs', O>;
type Order = LogQuery['order'];
type PageOf<Kind> = Extract<LogQuery['page'], { readonly kind: Kind }>;

/** A page of the entries that `filter` names. */
export async function logPage(executor: Executor, { filter = {}, order, page }: LogQuery): Promise<Page<LogEntry>> {
  const matching = filtered(executor.selectFrom('logs'), filter);
  const total = page.kind === 'after' ? undefined : await logCount(matching);
  const found = page.kind === 'after' ? await placed(matching, order, page) : await numbered(matching, order, page);
  const items = found.slice(0, page.limit);
  return { items, total, next: found.length > page.limit ? items.at(-1)?.id : undefined };
}

/** The entries of a page, and one more where there is one. */
async function placed(matching: Logs<object>, order: Order, { after, before, limit }: PageOf<'after'>): Promise<LogEntry[]> {
  const isRising = order === 'oldest first';
  const [above, below] = isRising ? [after, before] : [undefined, [after, before].filter((id) => id !== undefined).toSorted()[0]];
  let rows = matching.selectAll();
  if (below !== undefined) rows = rows.where('id', '<', below);
  let following = rows;
  if (above !== undefined) following = following.where('id', '>', above);
  const found = await inOrder(following, order)
    .limit(limit + 1)
    .execute();
  // The place may lie within a run, whose row sorts before it.
  if (above !== undefined)
    found.unshift(
      ...(await inOrder(rows.where('id', '<=', above), 'newest first')
        .limit(1)
        .execute()),
    );
  return entriesIn(found, order, limit + 1, ({ id }) => (above === undefined || id > above) && (below === undefined || id < below));
}

async function numbered(matching: Logs<object>, order: Order, { offset, limit }: PageOf<'offset'>): Promise<LogEntry[]> {
  let rows = matching.selectAll();
  let skipped = 0;
  if (offset > 0) {
    const start = await rowAt(matching, order, offset);
    if (start === undefined) return [];
    rows = rows.where('id', order === 'newest first' ? '<=' : '>=', start.id);
    skipped = offset - start.before;
  }
  const found = await inOrder(rows, order)
    .limit(limit + 1)
    .execute();
  return entriesIn(found, order, skipped + limit + 1, () => true).slice(skipped);
}

/** The row in which the entry at `offset` is, and how many entries come before that row. */
async function rowAt(matching: Logs<object>, order: Order, offset: number): Promise<{ id: string; before: number } | undefined> {
  const rows = await inOrder(matching.select(['id', 'repeats']), order)
    .limit(offset + 1)
    .execute();
  let before = 0;
  for (const { id, repeats } of rows) {
    const upTo = before + 1 + repeats;
    if (upTo > offset) return { id, before };
    before = upTo;
  }
  return undefined;
}

/** The first `most` entries of `rows` that are `wanted`. */
function entriesIn(rows: readonly LogRow[], order: Order, most: number, wanted: (entry: LogEntry) => boolean): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const row of rows) {
    if (entries.length >= most) break;
    const run = entriesOf(row).filter(wanted);
    entries.push(...(order === 'newest first' ? run.reverse() : run));
  }
  return entries.slice(0, most);
}

function inOrder<O>(query: Logs<O>, order: Order): Logs<O> {
  return query.orderBy('id', order === 'newest first' ? 'desc' : 'asc');
}

/** How many entries the rows of `matching` are. */
export async function logCount(matching: Logs<object>): Promise<number> {
  const { rows } = await matching.select((eb) => eb.fn.countAll<number>().as('rows')).executeTakeFirstOrThrow();
  // Its own query, so that an index counts the rows and only those of runs are read. The zero is part of that index's condition, which a parameter would hide.
  const { repeats } = await matching
    .where('repeats', '>', sql.lit(0))
    .select((eb) => eb.fn.sum<number | null>('repeats').as('repeats'))
    .executeTakeFirstOrThrow();
  return Number(rows) + Number(repeats ?? 0);
}

function filtered<O>(query: Logs<O>, { types, clientId }: LogFilter): Logs<O> {
  let matching = query;
  if (types !== undefined) matching = matching.where((eb) => eb.or(types.map((type) => eb('type', '=', type))));
  if (clientId !== undefined) matching = matching.where('client_id', '=', clientId);
  return matching;
}

/** The entry with this id. */
export async function logNamed(executor: Executor, id: string): Promise<LogEntry | undefined> {
  const row = await inOrder(executor.selectFrom('logs').selectAll().where('id', '<=', id), 'newest first')
    .limit(1)
    .executeTakeFirst();
  return row && entryIn(row, id);
}

/** Rows that are looked through in one go for {@link newestTooMany}. */
const lookedThrough = 2_000;

/**
 * The id of the newest row that is to go where only the newest `keep` entries stay, and with them the others of their row; undefined where there are no more
 * than these. `pause`: waits a moment, in which others have their turn.
 */
export async function newestTooMany(executor: Executor, keep: number, pause: () => Promise<void>): Promise<string | undefined> {
  let left = keep;
  let place: string | undefined;
  for (;;) {
    let query = inOrder(executor.selectFrom('logs').select(['id', 'repeats']), 'newest first');
    if (place !== undefined) query = query.where('id', '<', place);
    const rows = await query.limit(lookedThrough).execute();
    for (const { id, repeats } of rows) {
      if (left <= 0) return id;
      left -= 1 + repeats;
    }
    if (rows.length < lookedThrough) return undefined;
    place = rows.at(-1)?.id;
    await pause();
  }
}

/** The place up to which rows go where those stay that were written at `olderThanMs` (epoch) or later. */
export function placeOfTooOld(olderThanMs: number): string {
  return logPlaceAt(Math.max(0, olderThanMs));
}
