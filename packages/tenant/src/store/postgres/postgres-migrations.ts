import type { Kysely } from 'kysely';
import { type ColumnTypes, createTables } from '../create-tables.ts';
import { logRunsStep } from '../log-runs-step.ts';
import type { Migrations } from '../migrate.ts';

const types: ColumnTypes = {
  flag: 'boolean',
  whole: 'bigint',
  counting: (column) => column.generatedByDefaultAsIdentity().primaryKey(),
};

/** All steps of the schema of PostgreSQL. */
export const postgresMigrations: Migrations = {
  '0001-first': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('settings')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute();
      await createTables(database, types);
    },
  },
  '0002-log-runs': logRunsStep,
};
