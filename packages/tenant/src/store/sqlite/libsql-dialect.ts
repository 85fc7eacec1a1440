import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type TransactionSettings,
} from 'kysely';
import type { SetTimer } from '../../clock.ts';
import type { LibsqlConnection } from './libsql-connection.ts';

/** Pause between two attempts to begin a transaction that writes, ms. */
const pauseMs = 5;
const mostAttempts = 1_000;

/** kysely's dialect for SQLite over a connection of libsql, with transactions as SQLite has them. */
export class LibsqlDialect extends SqliteDialect {
  readonly #connection: LibsqlConnection;

  readonly #setTimer: SetTimer;

  constructor(connection: LibsqlConnection, setTimer: SetTimer) {
    super({ database: connection });
    this.#connection = connection;
    this.#setTimer = setTimer;
  }

  override createDriver(): Driver {
    return new LibsqlDriver(this.#connection, this.#setTimer);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/** SQLite takes schema changes into transactions, so that a step that is cut short leaves nothing; kysely assumes that it does not. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class LibsqlDriver extends SqliteDriver {
  readonly #connection: LibsqlConnection;

  readonly #setTimer: SetTimer;

  constructor(connection: LibsqlConnection, setTimer: SetTimer) {
    super({ database: connection });
    this.#connection = connection;
    this.#setTimer = setTimer;
  }

  // Immediate: one that reads first and writes later would fail where another process has written meanwhile. SQLite's own waiting for a
  // writer would stop this whole process, and with it the writer where that is in this process too.
  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const begin = CompiledQuery.raw(settings?.accessMode === 'read only' ? 'begin' : 'begin immediate');
    for (let attempt = 1; ; attempt += 1) {
      try {
        await connection.executeQuery(begin);
        return;
      } catch (error) {
        if (!isBusy(error) || attempt >= mostAttempts) throw error;
        await new Promise<void>((resolve) => void this.#setTimer(resolve, pauseMs));
      }
    }
  }

  // SQLite has rolled back by itself where the disk is full or broken, and what is to be seen is that.
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#connection.inTransaction) await super.rollbackTransaction(connection);
  }
}

function isBusy(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return String(cause?.code).startsWith('SQLITE_BUSY');
}
