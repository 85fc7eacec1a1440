import { sql } from 'kysely';
import type { Executor } from './sql-database.ts';
import type { UsageEntry } from './tenant-store.ts';

const entriesAtOnce = 1_000;

/** Adds `entries` to the stored counts, many in one statement. The same bucket and window may be in `entries` more than once. */
export async function addUsage(executor: Executor, entries: readonly UsageEntry[]): Promise<void> {
  const sums = new Map<string, UsageEntry>();
  for (const entry of entries) {
    const name = `${entry.windowStartMs} ${entry.bucket}`;
    sums.set(name, { ...entry, count: entry.count + (sums.get(name)?.count ?? 0) });
  }
  // In one order on all nodes, so that no two wait for each other.
  const rows = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  for (let at = 0; at < rows.length; at += entriesAtOnce) {
    await executor
      .insertInto('token_usage')
      .values(
        rows.slice(at, at + entriesAtOnce).map(({ bucket, windowStartMs, count }) => ({ bucket, window_start: windowStartMs, count })),
      )
      .onConflict((conflict) =>
        conflict.columns(['bucket', 'window_start']).doUpdateSet({ count: sql<number>`token_usage.count + excluded.count` }),
      )
      .execute();
  }
}

/** What was counted in windows that began at `windowStartMs` or later. */
export async function usageSince(executor: Executor, windowStartMs: number): Promise<UsageEntry[]> {
  const rows = await executor.selectFrom('token_usage').selectAll().where('window_start', '>=', windowStartMs).execute();
  return rows.map((row) => ({ bucket: row.bucket, windowStartMs: row.window_start, count: row.count }));
}

/** Forgets windows that began before `windowStartMs`. */
export async function pruneUsage(executor: Executor, windowStartMs: number): Promise<void> {
  await executor.deleteFrom('token_usage').where('window_start', '<', windowStartMs).execute();
}
