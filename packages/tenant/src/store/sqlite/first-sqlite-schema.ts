import type { Kysely, Migration } from 'kysely';

/** The schema of the first release. It never changes: there are databases that have it. */
export const firstSqliteSchema: Migration = {
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
