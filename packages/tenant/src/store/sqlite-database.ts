import { open } from 'node:fs/promises';
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { TenantError } from '../tenant-error.ts';
import { migrate } from './migrations.ts';
import type { Tables } from './tables.ts';

/**
 * Opens the SQLite file at `path`, made 0600 where there is none, and brings its schema up to date.
 *
 * @throws {TenantError} `store_unusable`, `schema_too_new`, `migration_failed`.
 */
export async function openSqliteDatabase(path: string): Promise<Kysely<Tables>> {
  let connection: InstanceType<typeof Database> | undefined;
  try {
    // SQLite gives its journal the mode of the file, so the file has to be there, and private, before SQLite opens it.
    await (await open(path, 'a', 0o600)).close();
    connection = new Database(path);
    connection.pragma('busy_timeout = 5000');
    connection.pragma('journal_mode = WAL');
    // FULL: a commit is on the disk before it is acknowledged. WAL alone may lose the last ones at a power cut.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    const database = new Kysely<Tables>({ dialect: new TransactionalSqliteDialect({ database: connection }) });
    await migrate(database as unknown as Kysely<unknown>);
    return database;
  } catch (cause) {
    connection?.close();
    if (cause instanceof TenantError) throw cause;
    throw new TenantError('store_unusable', {
      problem: `The tenant's database cannot be opened (${(cause as Error).message})`,
      place: path,
      step: 'Make the file and its folder readable and writable for this user, or start with another state folder.',
      cause,
    });
  }
}

/** SQLite takes schema changes into transactions, so that a step that is cut short leaves nothing; kysely assumes that it does not. */
class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
