import { sql } from 'kysely';
import { logCount } from './log-reader.ts';
import { appliedMigrations } from './migrate.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { StoreReport } from './tenant-store.ts';

const counted = [
  'signing_keys',
  'resource_servers',
  'applications',
  'credentials',
  'organizations',
  'client_grants',
  'organization_grants',
] as const;

/** The references between tables. The database enforces them; a broken one means that the file was changed from outside, or is damaged. */
const references = [
  { from: 'client_grants', column: 'client_id', to: 'applications', key: 'client_id' },
  { from: 'client_grants', column: 'resource_server_id', to: 'resource_servers', key: 'id' },
  { from: 'credentials', column: 'client_id', to: 'applications', key: 'client_id' },
  { from: 'organization_grants', column: 'organization_id', to: 'organizations', key: 'id' },
  { from: 'organization_grants', column: 'client_grant_id', to: 'client_grants', key: 'id' },
] as const;

/** Examines `database`. */
export async function storeReport(database: SqlDatabase): Promise<StoreReport> {
  const problems = [...(await database.integrityProblems())];
  for (const { from, column, to, key } of references) {
    const [ours, theirs] = [sql.ref(`${from}.${column}`), sql.ref(`${to}.${key}`)];
    const dangling = sql<{ id: string }>`select id from ${sql.table(from)} where ${ours} is not null
      and not exists (select 1 from ${sql.table(to)} where ${theirs} = ${ours}) order by id limit 10`;
    for (const { id } of (await dangling.execute(database.readingMuch)).rows) {
      problems.push(`${from} ${id} points at a record of ${to} that there is not`);
    }
  }
  const counts: Record<string, number> = {};
  for (const table of counted) {
    const { count } = await database.readingMuch
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    counts[table] = Number(count);
  }
  counts['logs'] = await logCount(database.readingMuch.selectFrom('logs'));
  const schema = (await appliedMigrations(database.readingMuch)).toSorted().at(-1) ?? 'none';
  return { kind: database.kind, server: await database.server(), schema, problems, counts };
}
