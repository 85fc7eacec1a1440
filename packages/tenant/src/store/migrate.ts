import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { TenantError } from '../tenant-error.ts';
import type { Tables } from './tables.ts';

/** Steps of a schema by their names, in order. A released step never changes, and no step can be undone. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Names of the steps that were applied to `database`. */
export async function appliedMigrations(database: Kysely<Tables>): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(database);
  return rows.map(({ name }) => name);
}

/**
 * Brings the schema of `database` up to date.
 *
 * @throws {TenantError} `schema_too_new` before anything is changed, `migration_failed` after everything was taken back.
 */
export async function migrate(database: Kysely<Tables>, migrations: Migrations): Promise<void> {
  const unknown = (await appliedMigrations(database)).filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new TenantError('schema_too_new', {
      problem: `The tenant's database was written by a later release: it has the schema step ${unknown.join(', ')}`,
      step: 'Start that release, or start with another state folder.',
    });
  }
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const migrator = new Migrator({ db: database as unknown as Kysely<unknown>, provider });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof TenantError) throw error;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'unknown';
  throw new TenantError('migration_failed', {
    problem: `The tenant's database could not be brought to schema step ${failed}; it is as it was before`,
    step: 'See that its disk has room and that it is writable, then start again.',
    cause: error,
  });
}
