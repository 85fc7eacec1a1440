import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { TenantError } from '../tenant-error.ts';

const first: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const { schema } = database;
    await schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('signing_keys')
      .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('kid', 'text', (column) => column.notNull().unique())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('certificate', 'text', (column) => column.notNull())
      .addColumn('sealed_private_key', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('resource_servers')
      .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('identifier', 'text', (column) => column.unique())
      .addColumn('name', 'text')
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('signing_alg', 'text', (column) => column.notNull())
      .addColumn('token_lifetime', 'integer', (column) => column.notNull())
      .addColumn('token_lifetime_for_web', 'integer', (column) => column.notNull())
      .addColumn('is_system', 'integer', (column) => column.notNull())
      .execute();
    await schema
      .createTable('applications')
      .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('client_id', 'text', (column) => column.notNull().unique())
      .addColumn('is_global', 'integer', (column) => column.notNull())
      .addColumn('is_first_party', 'integer', (column) => column.notNull())
      .addColumn('app_type', 'text')
      .addColumn('sealed_client_secret', 'text', (column) => column.notNull())
      .addColumn('properties', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('applications_in_order').on('applications').columns(['is_global', 'sequence']).execute();
    await schema
      .createTable('client_grants')
      .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('client_id', 'text', (column) => column.notNull().references('applications.client_id').onDelete('cascade'))
      .addColumn('resource_server_id', 'text', (column) => column.notNull().references('resource_servers.id').onDelete('cascade'))
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('subject_type', 'text', (column) => column.notNull())
      .addUniqueConstraint('one_client_grant_of_a_kind', ['client_id', 'resource_server_id', 'subject_type'])
      .execute();
  },
};

/** All steps of the schema, in order. A released one never changes; there is no way back. */
export const migrations: Readonly<Record<string, Migration>> = { '0001-first': first };

async function appliedMigrations(database: Kysely<unknown>): Promise<string[]> {
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
export async function migrate(database: Kysely<unknown>): Promise<void> {
  const unknown = (await appliedMigrations(database)).filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new TenantError('schema_too_new', {
      problem: `The tenant's database was written by a later release: it has the schema step ${unknown.join(', ')}`,
      step: 'Start that release, or start with another state folder.',
    });
  }
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'unknown';
  throw new TenantError('migration_failed', {
    problem: `The tenant's database could not be brought to schema step ${failed}; it is as it was before`,
    step: 'See that its disk has room and that it is writable, then start again.',
    cause: error,
  });
}
