import { type ColumnDataType, type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely, sql } from 'kysely';

/** Column types that are not the same in SQLite and PostgreSQL. */
export interface ColumnTypes {
  readonly flag: ColumnDataType;
  /** Whole numbers of 64 bits. */
  readonly whole: ColumnDataType;
  /** Makes a column of whole numbers the primary key that counts up. */
  readonly counting: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
}

const required = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull();
const unique = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => column.notNull().unique();
const pointing =
  (to: string) =>
  (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
    column.references(to).onDelete('cascade');

/** All tables as of the second release of the schema; see `Tables`. */
export async function createTables(database: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await createRecordTables(database, types);
  await createGrantTables(database, types);
  await createChangeTables(database, types);
  await createRunningTables(database, types);
}

async function createRecordTables({ schema }: Kysely<unknown>, { flag, whole, counting }: ColumnTypes): Promise<void> {
  const inOrder = (table: string): CreateTableBuilder<string, string> => schema.createTable(table).addColumn('sequence', whole, counting);
  await inOrder('signing_keys')
    .addColumn('kid', 'text', unique)
    .addColumn('state', 'text', required)
    .addColumn('certificate', 'text', required)
    .addColumn('sealed_private_key', 'text')
    .addColumn('current_since', whole)
    .addColumn('current_until', whole)
    .addColumn('revoked_at', whole)
    .execute();
  await inOrder('resource_servers')
    .addColumn('id', 'text', unique)
    .addColumn('identifier', 'text', (column) => column.unique())
    .addColumn('is_system', flag, required)
    .addColumn('sealed_signing_secret', 'text')
    .addColumn('properties', 'text', required)
    .execute();
  await inOrder('applications')
    .addColumn('client_id', 'text', unique)
    .addColumn('is_global', flag, required)
    .addColumn('is_first_party', flag, required)
    .addColumn('app_type', 'text')
    .addColumn('name', 'text', required)
    .addColumn('sealed_client_secret', 'text', required)
    .addColumn('secret_digest', 'text', required)
    .addColumn('sealed_former_secret', 'text')
    .addColumn('former_secret_digest', 'text')
    .addColumn('former_secret_until', whole)
    .addColumn('issuing', 'text', required)
    .addColumn('properties', 'text', required)
    .addColumn('created_at', whole, required)
    .addColumn('updated_at', whole, required)
    .execute();
  // Lists are ordered by the first two columns. The ones they filter by stand beside them, so that rows which are skipped are not read.
  await schema
    .createIndex('applications_in_order')
    .on('applications')
    .columns(['is_global', 'sequence', 'app_type', 'is_first_party'])
    .execute();
  await inOrder('credentials')
    .addColumn('id', 'text', unique)
    .addColumn('client_id', 'text', (column) => pointing('applications.client_id')(column.notNull()))
    .addColumn('name', 'text')
    .addColumn('credential_type', 'text', required)
    .addColumn('kid', 'text', required)
    .addColumn('alg', 'text', required)
    .addColumn('public_key', 'text', required)
    .addColumn('created_at', whole, required)
    .addColumn('updated_at', whole, required)
    .addColumn('expires_at', whole)
    .execute();
  await schema.createIndex('credentials_of_applications').on('credentials').column('client_id').execute();
  await inOrder('organizations')
    .addColumn('id', 'text', unique)
    .addColumn('name', 'text', unique)
    .addColumn('properties', 'text', required)
    .execute();
}

async function createGrantTables({ schema }: Kysely<unknown>, { flag, whole, counting }: ColumnTypes): Promise<void> {
  const inOrder = (table: string): CreateTableBuilder<string, string> => schema.createTable(table).addColumn('sequence', whole, counting);
  await inOrder('client_grants')
    .addColumn('id', 'text', unique)
    .addColumn('client_id', 'text', pointing('applications.client_id'))
    .addColumn('default_for', 'text')
    .addColumn('resource_server_id', 'text', (column) => pointing('resource_servers.id')(column.notNull()))
    .addColumn('scope', 'text', required)
    .addColumn('allow_all_scopes', flag, required)
    .addColumn('subject_type', 'text', required)
    .addColumn('organization_usage', 'text')
    .addColumn('allow_any_organization', flag)
    .addColumn('authorization_details_types', 'text')
    .addColumn('is_system', flag, required)
    // A row with null in client_id is free of the first constraint, and one with null in default_for of the second: nulls are never equal.
    .addUniqueConstraint('one_client_grant_of_a_kind', ['client_id', 'resource_server_id', 'subject_type'])
    .addUniqueConstraint('one_default_grant_of_a_kind', ['default_for', 'resource_server_id', 'subject_type'])
    .execute();
  await schema.createIndex('client_grants_of_resource_servers').on('client_grants').columns(['resource_server_id', 'sequence']).execute();
  await inOrder('organization_grants')
    .addColumn('id', 'text', unique)
    .addColumn('organization_id', 'text', (column) => pointing('organizations.id')(column.notNull()))
    .addColumn('client_grant_id', 'text', (column) => pointing('client_grants.id')(column.notNull()))
    .execute();
  await schema.createIndex('grants_of_organizations').on('organization_grants').columns(['organization_id', 'client_grant_id']).execute();
  await schema.createIndex('organizations_of_grants').on('organization_grants').columns(['client_grant_id', 'organization_id']).execute();
}

async function createChangeTables(database: Kysely<unknown>, { whole }: ColumnTypes): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('change_version')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('version', whole, required)
    .execute();
  await sql`insert into change_version (id, version) values (1, 0)`.execute(database);
  await schema
    .createTable('changes')
    .addColumn('kind', 'text', required)
    .addColumn('id', 'text', required)
    .addColumn('version', whole, required)
    .addPrimaryKeyConstraint('changes_by_record', ['kind', 'id'])
    .execute();
  await schema.createIndex('changes_by_version').on('changes').column('version').execute();
}

/** Tables that change all the time while the tenant runs. Their changes are not announced to listeners. */
async function createRunningTables({ schema }: Kysely<unknown>, { whole }: ColumnTypes): Promise<void> {
  await schema
    .createTable('used_assertions')
    .addColumn('client_id', 'text', required)
    .addColumn('jti', 'text', required)
    .addColumn('expires_at', whole, required)
    .addPrimaryKeyConstraint('each_assertion_once', ['client_id', 'jti'])
    .execute();
  await schema.createIndex('used_assertions_by_end').on('used_assertions').column('expires_at').execute();
  await schema
    .createTable('token_usage')
    .addColumn('bucket', 'text', required)
    .addColumn('window_start', whole, required)
    .addColumn('count', whole, required)
    .addPrimaryKeyConstraint('usage_by_window', ['window_start', 'bucket'])
    .execute();
  await schema
    .createTable('logs')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('at', whole, required)
    .addColumn('type', 'text', required)
    .addColumn('client_id', 'text')
    .addColumn('event', 'text', required)
    .execute();
  await schema.createIndex('logs_by_time').on('logs').column('at').execute();
  await schema.createIndex('logs_of_clients').on('logs').columns(['client_id', 'id']).execute();
}
