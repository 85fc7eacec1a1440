import { type Kysely, sql } from 'kysely';
import type { ApplicationProperties } from '../../model/application.ts';
import { issuingProperties, secretDigest } from '../../model/issuing-application.ts';
import { resourceServerDefaults } from '../../model/resource-server.ts';
import { type ColumnTypes, createTables } from '../create-tables.ts';
import { logRunsStep } from '../log-runs-step.ts';
import type { Migrations } from '../migrate.ts';
import type { Seal } from '../seal.ts';
import { firstSqliteSchema } from './first-sqlite-schema.ts';

const types: ColumnTypes = {
  flag: 'integer',
  whole: 'integer',
  counting: (column) => column.primaryKey().autoIncrement(),
};

/** All steps of the schema of SQLite. `seal`: encrypts the secrets in it. */
export function sqliteMigrations(seal: Seal): Migrations {
  return {
    '0001-first': firstSqliteSchema,
    '0002-changes': { up: (database) => toSecondSchema(database as Kysely<FormerTables>, seal) },
    '0003-log-runs': logRunsStep,
  };
}

/** The part of the first schema that is carried over. */
interface FormerTables {
  former_signing_keys: { sequence: number; kid: string; state: string; certificate: string; sealed_private_key: string };
  former_resource_servers: {
    sequence: number;
    id: string;
    identifier: string | null;
    name: string | null;
    scopes: string;
    signing_alg: string;
    token_lifetime: number;
    token_lifetime_for_web: number;
    is_system: number;
  };
  former_applications: {
    sequence: number;
    client_id: string;
    is_global: number;
    is_first_party: number;
    app_type: string | null;
    sealed_client_secret: string;
    properties: string;
  };
}

const former = ['signing_keys', 'resource_servers', 'applications', 'client_grants'];

async function toSecondSchema(database: Kysely<FormerTables>, seal: Seal): Promise<void> {
  await sql`drop index applications_in_order`.execute(database);
  for (const table of former) await sql`alter table ${sql.table(table)} rename to ${sql.table(`former_${table}`)}`.execute(database);
  await createTables(database as Kysely<unknown>, types);
  await sql`insert into signing_keys (sequence, kid, state, certificate, sealed_private_key)
    select sequence, kid, state, certificate, sealed_private_key from former_signing_keys`.execute(database);
  await carryResourceServers(database);
  await carryApplications(database, seal);
  await sql`insert into client_grants (sequence, id, client_id, resource_server_id, scope, allow_all_scopes, subject_type, is_system)
    select sequence, id, client_id, resource_server_id, scope, 0, subject_type, 0 from former_client_grants`.execute(database);
  for (const table of former.toReversed()) await sql`drop table ${sql.table(`former_${table}`)}`.execute(database);
}

async function carryResourceServers(database: Kysely<FormerTables>): Promise<void> {
  for (const row of await database.selectFrom('former_resource_servers').selectAll().orderBy('sequence').execute()) {
    const scopes = JSON.parse(row.scopes) as unknown[];
    const properties = JSON.stringify({
      ...(row.name !== null && { name: row.name }),
      ...resourceServerDefaults,
      token_lifetime: row.token_lifetime,
      token_lifetime_for_web: row.token_lifetime_for_web,
      signing_alg: row.signing_alg,
      ...(scopes.length > 0 && { scopes }),
    });
    await sql`insert into resource_servers (sequence, id, identifier, is_system, properties)
      values (${row.sequence}, ${row.id}, ${row.identifier}, ${row.is_system}, ${properties})`.execute(database);
  }
}

async function carryApplications(database: Kysely<FormerTables>, seal: Seal): Promise<void> {
  for (const row of await database.selectFrom('former_applications').selectAll().orderBy('sequence').execute()) {
    const properties = JSON.parse(row.properties) as ApplicationProperties;
    const digest = seal.closeDigest(secretDigest(seal.open(row.sealed_client_secret, `client secret of ${row.client_id}`)));
    const issuing = JSON.stringify(issuingProperties(properties));
    // When it was made was not written down.
    await sql`insert into applications (sequence, client_id, is_global, is_first_party, app_type, name, sealed_client_secret, secret_digest,
        issuing, properties, created_at, updated_at)
      values (${row.sequence}, ${row.client_id}, ${row.is_global}, ${row.is_first_party}, ${row.app_type}, ${properties.name},
        ${row.sealed_client_secret}, ${digest}, ${issuing}, ${row.properties}, 0, 0)`.execute(database);
  }
}
