import type { Expression, ExpressionBuilder, ExpressionWrapper, Kysely, SqlBool } from 'kysely';
import type { Page, PageRequest } from '../page.ts';
import type { Seal } from '../seal.ts';
import type { Executor } from '../sql-database.ts';
import { isSet, type Tables } from '../tables.ts';
import type { Totals } from '../totals.ts';
import type { RecordKind, RecordOf, RecordTable } from './record-table.ts';

interface PlacedRow {
  readonly sequence: number;
  readonly is_global?: boolean | number;
}

/** Which rows are wanted: those that `isWanted` selects for `filter`, and of these the ones on `page`. */
export interface PageOfRecords<T extends keyof Tables, F> {
  readonly filter: F;
  readonly isWanted: (eb: ExpressionBuilder<Tables, T>, filter: F) => ExpressionWrapper<Tables, T, SqlBool>;
  readonly page: PageRequest;
}

/** A page of records in their lasting order. */
export async function pageOfRecords<K extends RecordKind, T extends RecordTable['table'], F extends object>(
  executor: Executor,
  table: RecordTable<K, T>,
  { filter, isWanted, page }: PageOfRecords<T, F>,
  { seal, totals }: { seal: Seal; totals: Totals },
): Promise<Page<RecordOf<K>>> {
  // All kinds have a sequence; the one that has more to its order is asked for it by name.
  const placed = executor as unknown as Kysely<Record<string, { sequence: number; is_global: boolean }>>;
  const wanted = (eb: unknown): Expression<SqlBool> => isWanted(eb as ExpressionBuilder<Tables, T>, filter);
  const name: string = table.table;
  const matching = placed.selectFrom(name).where(wanted);
  const count = async (): Promise<number> => {
    const counted = await matching.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
    return Number(counted.count);
  };
  const total = page.kind === 'after' ? undefined : await totals.of(executor, [table.table, filter], count);

  const hasGlobal = table.order.includes('is_global');
  const place = page.kind === 'after' ? placeIn(page.after) : undefined;
  // Places first, by an index alone: what is skipped is never read whole. One more than wanted tells whether anything follows.
  let places = matching.select('sequence').limit(page.limit + 1);
  if (page.kind === 'offset' && page.offset > 0) places = places.offset(page.offset);
  if (place !== undefined) {
    places = hasGlobal
      ? places.where((eb) => eb(eb.refTuple('is_global', 'sequence'), '>', eb.tuple(place.isGlobal, place.sequence)))
      : places.where('sequence', '>', place.sequence);
  }
  for (const column of table.order) places = places.orderBy(column);
  let rows = placed.selectFrom(name).selectAll().where('sequence', 'in', places);
  for (const column of table.order) rows = rows.orderBy(column);
  return pageFrom((await rows.execute()) as unknown as PlacedRow[], total, page.limit, (row) => table.toRecord(row as never, seal));
}

function pageFrom<T>(rows: readonly PlacedRow[], total: number | undefined, limit: number, to: (row: PlacedRow) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? placeOf(last) : undefined;
  return { items: shown.map(to), total, next };
}

const placeOf = ({ is_global: isGlobal = false, sequence }: PlacedRow): string => `${isSet(isGlobal) ? 1 : 0}.${sequence}`;

function placeIn(after: string | undefined): { isGlobal: boolean; sequence: number } | undefined {
  if (after === undefined) return undefined;
  const [isGlobal, sequence] = after.split('.').map(Number);
  return { isGlobal: isGlobal === 1, sequence: sequence ?? 0 };
}
