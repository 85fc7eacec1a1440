import { type Kysely, type Migration, sql } from 'kysely';

/** The schema step after which a row of the logs may be a run of entries. Ids sort by time, so that the index by time goes. */
export const logRunsStep: Migration = {
  async up({ schema }: Kysely<unknown>): Promise<void> {
    await schema
      .alterTable('logs')
      .addColumn('repeats', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema.alterTable('logs').addColumn('times', 'text').execute();
    await schema.createIndex('logs_of_runs').on('logs').column('repeats').where(sql.ref('repeats'), '>', sql.lit(0)).execute();
    await schema.dropIndex('logs_by_time').execute();
  },
};
