import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { Client } from 'pg';
import type { SetTimer } from '../../clock.ts';
import { TenantError } from '../../tenant-error.ts';
import { migrate } from '../migrate.ts';
import type { Seal } from '../seal.ts';
import type { Executor, SqlDatabase } from '../sql-database.ts';
import type { Tables } from '../tables.ts';
import { callersPatience, connectionConfig, PostgresConnections, workPatience } from './postgres-connections.ts';
import { notifyStatement, PostgresListener } from './postgres-listener.ts';
import { postgresLogs } from './postgres-logs.ts';
import { postgresMigrations } from './postgres-migrations.ts';

/** Rows that are fetched in one go. */
const rowsAtOnce = 1_000;
/** Connections for what is big; there is not more than one such thing at a time, but at a start. */
const workConnections = 2;

/**
 * Opens the PostgreSQL database at `url` and brings its schema up to date; of several processes that start together, one does.
 *
 * @throws {TenantError} `store_unusable`, `schema_too_new`, `migration_failed`.
 */
export async function openPostgresDatabase(
  { url, connections = 10 }: { url: string; connections?: number | undefined },
  seal: Seal,
  setTimer: SetTimer,
): Promise<SqlDatabase> {
  const config = connectionConfig(url, callersPatience);
  const place = placeOf(url);
  const pool = new PostgresConnections(config, place, connections);
  const writing = databaseOver(pool);
  const readingMuch = databaseOver(new PostgresConnections(connectionConfig(url, workPatience), place, workConnections));
  try {
    await migrate(readingMuch, postgresMigrations);
  } catch (cause) {
    await readingMuch.destroy();
    await writing.destroy();
    if (cause instanceof TenantError && cause.code !== 'store_unavailable') throw cause;
    throw new TenantError('store_unusable', {
      problem: `The tenant's database cannot be opened (${(cause as Error).message})`,
      place,
      step: 'See that PostgreSQL runs there, that it has this database, and that this user may make tables in it.',
      cause,
    });
  }
  const logs = postgresLogs(writing, pool);
  return postgresDatabase({ writing, readingMuch, seal, listener: new PostgresListener(config, setTimer), logs });
}

const databaseOver = (pool: PostgresConnections): Kysely<Tables> => new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

function postgresDatabase({
  listener,
  ...parts
}: Pick<SqlDatabase, 'writing' | 'readingMuch' | 'seal' | 'logs'> & { readonly listener: PostgresListener }): SqlDatabase {
  const { writing, readingMuch } = parts;
  return {
    ...parts,
    kind: 'postgres',
    reading: writing,
    allRows,
    lockWriters: async (transaction) => {
      await sql`select version from change_version for update`.execute(transaction);
    },
    listen: (wake) => listener.listen(wake),
    notify: async (transaction, version) => {
      await transaction.executeQuery(CompiledQuery.raw(notifyStatement, [String(version)]));
    },
    server: async () => `PostgreSQL ${await settingOf(readingMuch, 'server_version')}`,
    integrityProblems: () => integrityProblems(readingMuch),
    close: async () => {
      await listener.close();
      await readingMuch.destroy();
      await writing.destroy();
    },
  };
}

async function* allRows(executor: Executor, table: string, columns: readonly string[]): AsyncGenerator<unknown[][]> {
  const named = sql.join(columns.map((column) => sql.ref(column)));
  const own = sql.table(table);
  for (let after = 0; ; ) {
    const { rows } = await sql<Record<string, unknown>>`select sequence, ${named} from ${own} where sequence > ${after}
      order by sequence limit ${rowsAtOnce}`.execute(executor);
    yield rows.map((row) => columns.map((column) => row[column]));
    if (rows.length < rowsAtOnce) return;
    after = rows.at(-1)?.['sequence'] as number;
  }
}

async function integrityProblems(database: Executor): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
    where not i.indisvalid and pg_table_is_visible(c.oid)`.execute(database);
  const problems = rows.map(({ name }) => `the index ${name} is not valid; REINDEX it`);
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    if ((await settingOf(database, name)) === 'off') problems.push(`${name} is off: acknowledged writes may be lost when the server dies`);
  }
  return problems;
}

async function settingOf(database: Executor, name: string): Promise<string> {
  const { rows } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(database);
  return rows[0]?.value ?? '';
}

/**
 * The database without the password, and without the user.
 * @throws {TenantError} `store_unusable` for an address that is none, or that would have any certificate taken for the server's.
 */
function placeOf(url: string): string {
  const client = clientOf(url);
  const { host, port, database } = client;
  const place = `PostgreSQL database ${database ?? ''} at ${host}:${port}`;
  if (isUnverified(client)) {
    throw new TenantError('store_unusable', {
      problem: 'The address of the database asks for TLS that verifies nobody',
      place,
      step: "Give it sslmode=verify-full, and sslrootcert with the file of the CA of its server; see that the variable PGSSLMODE is not 'no-verify'.",
    });
  }
  return place;
}

function clientOf(url: string): Client {
  try {
    return new Client(url);
  } catch (cause) {
    throw new TenantError('store_unusable', {
      problem: 'The address of the database is none',
      step: 'Give one such as postgresql://user:password@host:5432/database.',
      cause,
    });
  }
}

/** Whether it would take any certificate: URLs and variables of the environment say so in many ways, which `pg` alone knows all. */
function isUnverified({ ssl }: { readonly ssl: unknown }): boolean {
  return typeof ssl === 'object' && ssl !== null && 'rejectUnauthorized' in ssl && ssl.rejectUnauthorized === false;
}
