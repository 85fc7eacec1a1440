import { longestClientId, type ShownLogEntry } from '../../log/shown-log-entry.ts';
import type { LogFilter, LogSearch } from '../../store/page.ts';

/** The fields that can be searched, as Auth0 lists them. Those of logins are empty, or not there, in each entry of a machine. */
export const logFields = [
  'client_id',
  'client_name',
  'connection',
  'connection_id',
  'date',
  'description',
  'hostname',
  'ip',
  'log_id',
  'organization_id',
  'strategy',
  'strategy_type',
  'type',
  'user_agent',
  'user_id',
  'user_name',
] as const;

export type LogField = (typeof logFields)[number];

interface Bound {
  readonly text: string;
  readonly isIncluded: boolean;
}

/** What a search asks of an entry. Texts are compared whole, with upper and lower case apart. */
export type LogCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly LogCondition[] }
  | { readonly kind: 'not'; readonly of: LogCondition }
  | { readonly kind: 'is'; readonly field: LogField; readonly text: string }
  /** `pieces`: the texts before, between and after its asterisks. */
  | { readonly kind: 'like'; readonly field: LogField; readonly pieces: readonly string[] }
  | { readonly kind: 'between'; readonly field: LogField; readonly from: Bound | undefined; readonly to: Bound | undefined }
  /** At `sinceMs` (epoch) or later, and before `untilMs`. */
  | { readonly kind: 'when'; readonly sinceMs: number | undefined; readonly untilMs: number | undefined };

/** Whether `entry` is as `condition` asks. */
export function holds(condition: LogCondition, entry: ShownLogEntry): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.of.every((each) => holds(each, entry));
    case 'any':
      return condition.of.some((each) => holds(each, entry));
    case 'not':
      return !holds(condition.of, entry);
    case 'is':
      return textIn(entry, condition.field) === condition.text;
    case 'like':
      return isLike(textIn(entry, condition.field), condition.pieces);
    case 'between':
      return isBetween(textIn(entry, condition.field), condition);
    case 'when': {
      const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = condition;
      const atMs = Date.parse(textIn(entry, 'date'));
      return atMs >= sinceMs && atMs < untilMs;
    }
  }
}

function textIn(entry: ShownLogEntry, field: LogField): string {
  const value = entry[field];
  return typeof value === 'string' ? value : '';
}

function isLike(text: string, pieces: readonly string[]): boolean {
  const [first = '', ...others] = pieces;
  const last = others.pop() ?? '';
  if (!text.startsWith(first)) return false;
  let at = first.length;
  // The first place that fits leaves the most for those after it, so that nothing is tried twice.
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  // `*` alone asks for any text that is not empty.
  return text !== '' && text.length - last.length >= at && text.endsWith(last);
}

function isBetween(text: string, { from, to }: { from: Bound | undefined; to: Bound | undefined }): boolean {
  if (text === '') return false;
  const isFrom = from === undefined || text > from.text || (from.isIncluded && text === from.text);
  return isFrom && (to === undefined || text < to.text || (to.isIncluded && text === to.text));
}

/** What of `condition` a store can select by. Where it is not all, the rest is left to `matches`. */
export function filterOf(condition: LogCondition, matches: LogSearch['matches']): LogFilter {
  const { isAll, types, clientId, sinceMs, upTo } = narrowed(condition);
  return { types, clientId, ...(!isAll && { search: { matches, sinceMs, upTo } }) };
}

interface Narrowed extends Omit<LogSearch, 'matches'>, Pick<LogFilter, 'types' | 'clientId'> {
  /** Whether these say all that the condition does. */
  readonly isAll: boolean;
}

function narrowed(condition: LogCondition): Narrowed {
  switch (condition.kind) {
    case 'all':
      return condition.of.map(narrowed).reduce(both, { isAll: true });
    case 'any': {
      const types = condition.of.map(narrowed);
      const areTypes = types.every((each) => each.isAll && each.types !== undefined && each.clientId === undefined);
      return areTypes ? { isAll: true, types: types.flatMap((each) => each.types ?? []) } : { isAll: false };
    }
    case 'is':
      if (condition.field === 'type') return { isAll: true, types: [condition.text] };
      return isWholeClientId(condition) ? { isAll: true, clientId: condition.text } : { isAll: false };
    case 'between':
      return { isAll: false, upTo: condition.field === 'log_id' ? idIn(condition.to) : undefined };
    case 'when':
      return { isAll: false, sinceMs: condition.sinceMs };
    case 'not':
    case 'like':
      return { isAll: false };
  }
}

/** Whether an entry that shows `text` as its client's id is one with that very id: none is shown as an empty text, and a long one is shown cut. */
function isWholeClientId({ field, text }: { field: LogField; text: string }): boolean {
  return field === 'client_id' && text !== '' && text.length < longestClientId;
}

/** The text of `bound` where it is digits, as ids are: all else a database may sort in another way. */
function idIn(bound: Bound | undefined): string | undefined {
  return bound !== undefined && /^\d+$/.test(bound.text) ? bound.text : undefined;
}

function both(one: Narrowed, other: Narrowed): Narrowed {
  const isClash = one.clientId !== undefined && other.clientId !== undefined && one.clientId !== other.clientId;
  const types = one.types === undefined ? other.types : one.types.filter((type) => other.types === undefined || other.types.includes(type));
  return {
    isAll: one.isAll && other.isAll && !isClash,
    types,
    clientId: one.clientId ?? other.clientId,
    sinceMs: largest(one.sinceMs, other.sinceMs),
    upTo: [one.upTo, other.upTo].filter((id) => id !== undefined).toSorted()[0],
  };
}

function largest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
