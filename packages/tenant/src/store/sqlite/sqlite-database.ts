import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { CompiledQuery, Kysely, sql } from 'kysely';
import type { SetTimer } from '../../clock.ts';
import { TenantError } from '../../tenant-error.ts';
import { migrate } from '../migrate.ts';
import type { Seal } from '../seal.ts';
import type { SqlDatabase } from '../sql-database.ts';
import type { Tables } from '../tables.ts';
import { allRows } from './all-rows.ts';
import { LibsqlConnection } from './libsql-connection.ts';
import { LibsqlDialect } from './libsql-dialect.ts';
import { LogConnection } from './log-connection.ts';
import { sqliteMigrations } from './sqlite-migrations.ts';

/**
 * Opens the SQLite file at `path`, made 0600 where there is none, and brings its schema up to date.
 *
 * @throws {TenantError} `store_unusable`, `schema_too_new`, `migration_failed`.
 */
export async function openSqliteDatabase(path: string, seal: Seal, setTimer: SetTimer): Promise<SqlDatabase> {
  const connections: LibsqlConnection[] = [];
  try {
    // SQLite gives its journal the mode of the file, so the file has to be there, and private, before SQLite opens it.
    // A pipe in its place is an error (ENXIO), and not waited for.
    await (await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK, 0o600)).close();
    const connect = (): { connection: LibsqlConnection; database: Kysely<Tables> } => {
      const connection = new LibsqlConnection(path);
      connections.push(connection);
      connection.pragma('busy_timeout = 5000');
      connection.pragma('journal_mode = WAL');
      // FULL: a commit is on the disk before it is acknowledged. WAL alone may lose the last ones at a power cut.
      connection.pragma('synchronous = FULL');
      connection.pragma('foreign_keys = ON');
      return { connection, database: new Kysely<Tables>({ dialect: new LibsqlDialect(connection, setTimer) }) };
    };
    const { connection, database: writing } = connect();
    // A transaction that has to wait for another writer waits in the dialect, which does not block the process.
    connection.pragma('busy_timeout = 0');
    await migrate(writing, sqliteMigrations(seal));
    return sqliteDatabase({ writing, logs: new LogConnection(path), reading: connect().database, seal });
  } catch (cause) {
    for (const connection of connections) connection.close();
    if (cause instanceof TenantError && cause.code !== 'store_unavailable') throw cause;
    throw new TenantError('store_unusable', {
      problem: `The tenant's database cannot be opened (${(cause as Error).message})`,
      place: path,
      step: 'Make the file and its folder readable and writable for this user, or start with another state folder.',
      cause,
    });
  }
}

function sqliteDatabase(parts: Pick<SqlDatabase, 'writing' | 'reading' | 'seal'> & { readonly logs: LogConnection }): SqlDatabase {
  const { writing, logs, reading } = parts;
  return {
    ...parts,
    readingMuch: reading,
    kind: 'sqlite',
    allRows,
    // A transaction that writes holds the lock of the file from its beginning.
    lockWriters: async () => undefined,
    // SQLite cannot notify other processes. Their changes are found by asking.
    listen: () => undefined,
    notify: async () => undefined,
    server: async () => {
      const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(reading);
      return `SQLite ${rows[0]?.version ?? ''}`;
    },
    integrityProblems: async () => {
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(reading);
      return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
    },
    backup: async (copy) => {
      // SQLite makes the copy with the mode that the umask allows, unless an empty file is there already.
      await (await open(copy, 'wx', 0o600)).close();
      try {
        await reading.executeQuery(CompiledQuery.raw('vacuum into ?', [copy]));
      } catch (error) {
        await rm(copy, { force: true });
        throw error;
      }
    },
    close: async () => {
      await reading.destroy();
      await logs.close();
      await writing.destroy();
    },
  };
}
