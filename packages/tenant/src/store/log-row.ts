import type { Selectable } from 'kysely';
import type { LogEntry, LogRun } from '../model/log-entry.ts';
import { logIdFollowing, stepsFrom } from '../model/log-id.ts';
import type { Tables } from './tables.ts';

export type LogRow = Selectable<Tables['logs']>;

/** Names of the columns of the table `logs`, as {@link logRowOf} fills them. */
export const logColumns: readonly (keyof LogRow)[] = ['id', 'at', 'type', 'client_id', 'event', 'repeats', 'times'];

/** `run` as a row of the table. */
export function logRowOf({ id, atMs, type, clientId, event, count, times }: LogRun): LogRow {
  const isOne = count === 1 || times === undefined;
  return {
    id,
    at: atMs,
    type,
    client_id: clientId ?? null,
    event,
    repeats: isOne ? 0 : count - 1,
    times: isOne ? null : JSON.stringify(times),
  };
}

/** The entries of `row`, in their order. */
export function entriesOf(row: LogRow): LogEntry[] {
  const event = JSON.parse(row.event) as LogEntry['event'];
  const times = row.times === null ? [0, 1] : (JSON.parse(row.times) as number[]);
  const entries: LogEntry[] = [];
  for (let at = 0; at + 1 < times.length; at += 2) {
    const [afterMs = 0, count = 0] = times.slice(at, at + 2);
    for (let number = 0; number < count; number += 1) {
      const id = logIdFollowing(row.id, entries.length);
      entries.push({ id, atMs: row.at + afterMs, type: row.type, clientId: row.client_id ?? undefined, event });
    }
  }
  return entries;
}

/** The entry of `row` that has this id. */
export function entryIn(row: LogRow, id: string): LogEntry | undefined {
  const steps = stepsFrom(row.id, id);
  return steps === undefined ? undefined : entriesOf(row)[steps];
}
