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

/** So many rows are read in one go, and about so many entries looked at: some milliseconds. */
const lookedThrough = 500;
/** As above, where a row is but its id and its number of entries. */
const placesLookedThrough = 2_000;
/** So many rows are gone through in one go where no index finds those that are wanted: some milliseconds, too. */
const goneThrough = 5_000;

/** The rows that a filter names, and those that an index finds for it, where these are more. */
interface Wanted {
  readonly matching: Logs<object>;
  readonly among: Logs<object> | undefined;
}

/** Reads the logs. A row is a run of entries, of which a page may begin and end with any. */
export class LogReader {
  readonly #executor: Executor;
  readonly #pause: () => Promise<void>;

  /** `pause`: waits a moment, in which others have their turn; it is called between two portions of rows. */
  constructor(executor: Executor, pause: () => Promise<void>) {
    this.#executor = executor;
    this.#pause = pause;
  }

  /** A page of the entries that `filter` names. */
  async page({ filter = {}, order, page }: LogQuery): Promise<Page<LogEntry>> {
    const logs = this.#executor.selectFrom('logs');
    const matching = filtered(logs, filter);
    const { types, search } = filter;
    if (page.kind === 'after') return pageOf(await this.#placed(matching, order, page, search?.matches), page.limit);
    // There is no index by type, which each entry that is written would pay for.
    const among = types === undefined ? undefined : filtered(logs, { ...filter, types: undefined });
    if (search !== undefined) return await this.#searched({ matching, among }, order, page, search.matches);
    const total = among === undefined ? await logCount(matching) : await this.#countOf(matching, among);
    const found = page.offset < total && page.limit > 0 ? await this.#numbered({ matching, among }, order, page) : [];
    return { ...pageOf(found, page.limit), total };
  }

  /** The entry with this id. */
  async named(id: string): Promise<LogEntry | undefined> {
    const rows = this.#executor.selectFrom('logs').selectAll().where('id', '<=', id);
    const row = await inOrder(rows, 'newest first').limit(1).executeTakeFirst();
    return row && entryIn(row, id);
  }

  /**
   * The id of the newest row that is to go where only the newest `keep` entries stay, and with them the others of their row; undefined where there are no more
   * than these.
   */
  async newestTooMany(keep: number): Promise<string | undefined> {
    let left = keep;
    const places = this.#executor.selectFrom('logs').select(['id', 'repeats']);
    for await (const { id, repeats } of this.#rows(places, 'newest first', placesLookedThrough)) {
      if (left <= 0) return id;
      left -= 1 + repeats;
    }
    return undefined;
  }

  /** The entries of a page, and one more where there is one. */
  async #placed(
    matching: Logs<object>,
    order: Order,
    { after, before, limit }: PageOf<'after'>,
    matches: (entry: LogEntry) => boolean = () => true,
  ): Promise<LogEntry[]> {
    const isRising = order === 'oldest first';
    const [above, below] = isRising ? [after, before] : [undefined, [after, before].filter((id) => id !== undefined).toSorted()[0]];
    let rows = matching.selectAll();
    if (below !== undefined) rows = rows.where('id', '<', below);
    // The place may lie within a run, whose row sorts before it.
    const begun =
      above === undefined
        ? []
        : await inOrder(rows.where('id', '<=', above), 'newest first')
            .limit(1)
            .execute();
    const following = above === undefined ? rows : rows.where('id', '>', above);
    const isThere = ({ id }: LogEntry): boolean => (above === undefined || id > above) && (below === undefined || id < below);
    const wanted = (entry: LogEntry): boolean => isThere(entry) && matches(entry);
    const found = begun.flatMap(entriesOf).filter(wanted);
    for await (const row of this.#rows(following, order, limit + 1)) {
      if (found.length > limit) break;
      found.push(...inTurn(row, order).filter(wanted));
    }
    return found;
  }

  async #searched(
    { matching, among }: Wanted,
    order: Order,
    { offset, limit, countUpTo = Number.POSITIVE_INFINITY }: PageOf<'offset'>,
    matches: (entry: LogEntry) => boolean,
  ): Promise<Page<LogEntry>> {
    const found: LogEntry[] = [];
    let total = 0;
    for await (const row of this.#rows(matching.selectAll(), order, lookedThrough, among)) {
      // Nothing is on a page of none, however far that is from the beginning.
      if (total >= countUpTo && (found.length > limit || limit === 0)) return { ...pageOf(found, limit), total: countUpTo };
      for (const entry of inTurn(row, order)) {
        if (!matches(entry)) continue;
        if (total >= offset && found.length <= limit) found.push(entry);
        total += 1;
      }
    }
    return { ...pageOf(found, limit), total };
  }

  /** The entries of a page, and one more where there is one. */
  async #numbered({ matching, among }: Wanted, order: Order, { offset, limit }: PageOf<'offset'>): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    let before = 0;
    let start: string | undefined;
    const places = matching.select(['id', 'repeats']);
    for await (const { id, repeats } of this.#rows(places, order, Math.min(offset + 1, placesLookedThrough), among)) {
      if (before + 1 + repeats > offset) {
        start = id;
        break;
      }
      before += 1 + repeats;
    }
    if (start === undefined) return [];
    const skipped = offset - before;
    const from = <O>(query: Logs<O>, id: string): Logs<O> => query.where('id', order === 'newest first' ? '<=' : '>=', id);
    for await (const row of this.#rows(from(matching.selectAll(), start), order, limit + 1, among && from(among, start))) {
      entries.push(...inTurn(row, order));
      if (entries.length > skipped + limit) break;
    }
    return entries.slice(skipped, skipped + limit + 1);
  }

  /** How many entries the rows of `matching` are, which are some of `among`. */
  async #countOf(matching: Logs<object>, among: Logs<object>): Promise<number> {
    let count = 0;
    let last: string | undefined;
    do {
      const edge = await edgeOf(behind(among, 'oldest first', last), 'oldest first');
      const { rows, repeats } = await upTo(behind(matching, 'oldest first', last), 'oldest first', edge)
        .select((eb) => [eb.fn.countAll<number>().as('rows'), eb.fn.sum<number | null>('repeats').as('repeats')])
        .executeTakeFirstOrThrow();
      count += Number(rows) + Number(repeats ?? 0);
      last = edge;
      if (last !== undefined) await this.#pause();
    } while (last !== undefined);
    return count;
  }

  /**
   * Each of `rows`, of which `size` are read at a time; others have their turn after about so many entries. `among`: rows that an index finds, where `rows` are
   * some of them.
   */
  async *#rows<Row extends { id: string; repeats: number }>(
    rows: Logs<Row>,
    order: Order,
    size: number,
    among?: Logs<object>,
  ): AsyncGenerator<Row> {
    let last: string | undefined;
    do {
      const edge = among && (await edgeOf(behind(among, order, last), order));
      const following = upTo(behind(rows, order, last), order, edge);
      const portion = (await inOrder(following, order).limit(size).execute()) as Row[];
      let entries = 0;
      for (const row of portion) {
        yield row;
        entries += 1 + row.repeats;
        if (entries < size) continue;
        await this.#pause();
        entries = 0;
      }
      last = portion.length < size ? edge : portion.at(-1)?.id;
      if (last === edge && edge !== undefined) await this.#pause();
    } while (last !== undefined);
  }
}

/** The id of the last row of so many that are gone through in one go; undefined where there are no more. */
async function edgeOf(rows: Logs<object>, order: Order): Promise<string | undefined> {
  const edge = inOrder(rows.select('id'), order)
    .limit(1)
    .offset(goneThrough - 1);
  return (await edge.executeTakeFirst())?.id;
}

function behind<O>(rows: Logs<O>, order: Order, id: string | undefined): Logs<O> {
  return id === undefined ? rows : rows.where('id', order === 'newest first' ? '<' : '>', id);
}

function upTo<O>(rows: Logs<O>, order: Order, id: string | undefined): Logs<O> {
  return id === undefined ? rows : rows.where('id', order === 'newest first' ? '>=' : '<=', id);
}

/** `found` has one entry more than the page, where there is one. */
function pageOf(found: readonly LogEntry[], limit: number): Page<LogEntry> {
  const items = found.slice(0, limit);
  return { items, total: undefined, next: found.length > limit ? items.at(-1)?.id : undefined };
}

/** The entries of `row`, in `order`. */
function inTurn(row: LogRow, order: Order): LogEntry[] {
  return order === 'newest first' ? entriesOf(row).reverse() : entriesOf(row);
}

function inOrder<O>(query: Logs<O>, order: Order): Logs<O> {
  return query.orderBy('id', order === 'newest first' ? 'desc' : 'asc');
}

function filtered<O>(query: Logs<O>, { types, clientId, search }: LogFilter): Logs<O> {
  let matching = query;
  if (types !== undefined) matching = matching.where((eb) => eb.or(types.map((type) => eb('type', '=', type))));
  if (clientId !== undefined) matching = matching.where('client_id', '=', clientId);
  if (search?.sinceMs !== undefined) matching = matching.where('id', '>', logPlaceAt(search.sinceMs));
  if (search?.upTo !== undefined) matching = matching.where('id', '<=', search.upTo);
  return matching;
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

/** The place up to which rows go where those stay that were written at `olderThanMs` (epoch) or later. */
export function placeOfTooOld(olderThanMs: number): string {
  return logPlaceAt(Math.max(0, olderThanMs));
}
