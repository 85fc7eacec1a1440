import Database from 'libsql/promise';
import type { NewLogEntry } from '../../model/log-entry.ts';
import { logRow } from '../log-row.ts';
import type { LogTable } from '../sql-database.ts';
import { sqliteErrorOf } from './sqlite-error.ts';

/** Characters of entries that go into one statement. SQLite takes a million bytes, and a character is at most three. */
const longestPortion = 300_000;
/** How long it waits for whoever writes, ms. */
const busyTimeoutMs = 5_000;
/** Entries that are forgotten in one go; others write in between. */
const forgottenAtOnce = 500;

/** `rows`: an SQL expression, a JSON array of them. */
const insertionOf = (rows: string): string =>
  `insert into logs (id, at, type, client_id, event)
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4 from json_each(${rows}) where true on conflict (id) do nothing`;

/** The types of libsql leave out what a connection tells. */
type Connection = InstanceType<typeof Database> & { readonly inTransaction: boolean };

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * A connection that writes the logs beside the process: libsql runs a text of statements on a thread of its own, and whoever issues tokens meanwhile
 * does not stand still. It does one thing after the other.
 *
 * It is opened when there is something to write, which only a tenant has that runs: its thread may let go of the file a moment after `close`, and whoever examines
 * or replaces the file must be the only one who has it.
 */
export class LogConnection implements LogTable {
  readonly #path: string;
  #opened: Connection | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `path`: a SQLite file that has the table. */
  constructor(path: string) {
    this.#path = path;
  }

  async append(entries: readonly NewLogEntry[]): Promise<void> {
    if (entries.length > 0) await this.#inTurn((database) => this.#append(database, entries));
  }

  async forgetSome({ olderThanMs, upTo = '' }: { olderThanMs: number; upTo: string | undefined }): Promise<boolean> {
    return await this.#inTurn(async (database) => {
      await this.#run(
        database,
        `begin immediate; delete from logs where id in
          (select id from logs where at < ${olderThanMs} or id <= ${quoted(upTo)} limit ${forgottenAtOnce}); commit`,
      );
      const { forgotten } = await found(database, 'select changes() as forgotten');
      return forgotten === forgottenAtOnce;
    });
  }

  async #inTurn<T>(work: (database: Connection) => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => work(this.#opened ?? (await this.#open())));
    this.#last = done.catch(() => undefined);
    return await done;
  }

  async #open(): Promise<Connection> {
    const database = connectionTo(this.#path);
    // NORMAL: a power cut may take the last entries. Nobody was told that they are kept, and what commits with FULL after them takes them to the disk, too.
    await this.#run(database, `pragma busy_timeout = ${busyTimeoutMs}; pragma synchronous = NORMAL`);
    this.#opened = database;
    return database;
  }

  async #append(database: Connection, entries: readonly NewLogEntry[]): Promise<void> {
    for (const rows of portionsOf(entries.map((entry) => logRow(entry, 'json')))) {
      const [first = ''] = rows;
      if (first.length > longestPortion) await this.#appendAtOnce(database, `[${first}]`);
      else await this.#run(database, statementOf(rows));
    }
  }

  /** For an entry that is too long for the text of a statement. */
  async #appendAtOnce(database: Connection, text: string): Promise<void> {
    try {
      (await database.prepare(insertionOf('?'))).run(text);
    } catch (error) {
      throw sqliteErrorOf(error, this.#path);
    }
  }

  async #run(database: Connection, statements: string): Promise<void> {
    try {
      await database.exec(statements);
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full or broken.
      if (database.inTransaction) await database.exec('rollback');
      throw sqliteErrorOf(error, this.#path);
    }
  }

  /** Ends it when all is written. */
  async close(): Promise<void> {
    await this.#last;
    this.#opened?.close();
    this.#opened = undefined;
  }
}

function connectionTo(path: string): Connection {
  try {
    return new Database(path, {}) as Connection;
  } catch (error) {
    throw sqliteErrorOf(error, path);
  }
}

async function found(database: Connection, query: string): Promise<Record<string, unknown>> {
  const statement = (await database.prepare(query)) as { get(): Promise<Record<string, unknown>> };
  return await statement.get();
}

const [beforeRows = '', afterRows = ''] = `begin immediate; ${insertionOf("'[|]'")}; commit`.split('|');

/** In one go: each step would be a copy of some hundred kilobytes, and those keep the garbage collector busy. */
function statementOf(rows: readonly string[]): string {
  const pieces = [beforeRows];
  for (const row of rows) pieces.push(row.includes("'") ? row.replaceAll("'", "''") : row, ',');
  pieces[pieces.length - 1] = afterRows;
  return pieces.join('');
}

/** `rows` in their order, in portions that are as long as may be; a row that is too long is one by itself. */
function* portionsOf(rows: readonly string[]): Generator<readonly string[]> {
  let portion: string[] = [];
  let length = 0;
  for (const row of rows) {
    if (portion.length > 0 && length + row.length >= longestPortion) {
      yield portion;
      portion = [];
      length = 0;
    }
    portion.push(row);
    length += row.length + 1;
  }
  if (portion.length > 0) yield portion;
}
