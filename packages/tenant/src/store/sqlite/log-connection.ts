import Database from 'libsql/promise';
import type { LogRun } from '../../model/log-entry.ts';
import { logColumns, logRowOf } from '../log-row.ts';
import type { LogTable } from '../sql-database.ts';
import { rememberingLast, storedText } from '../stored-text.ts';
import { sqliteErrorOf } from './sqlite-error.ts';

/** Characters of runs that go into one statement; a single run may be longer. Each is copied whole on its way to SQLite. */
const longestPortion = 300_000;
/** The log of SQLite (WAL) grows to so many pages before they are moved into the file: pages that many entries touch are moved once. 16 MB. */
const pagesUntilCheckpoint = 4_000;
/** How long it waits for another writer, ms. */
const busyTimeoutMs = 5_000;
/** Rows that are forgotten in one go; others write in between. */
const forgottenAtOnce = 500;

const [beforeRows, afterRows] = [`insert into logs (${logColumns.join(', ')}) values `, ' on conflict (id) do nothing'] as const;

/** The types of libsql lack this property of a connection. */
type Connection = InstanceType<typeof Database> & { readonly inTransaction: boolean };

const quoted = (text: string): string => `'${text.includes("'") ? text.replaceAll("'", "''") : text}'`;

/**
 * A connection that writes the logs without blocking the event loop: libsql runs these statements on a thread of its own, and tokens are issued meanwhile. Its
 * calls run one after the other.
 *
 * It is opened with the first entry, and so only by a tenant that runs. Its thread may close the file a moment after `close` has ended, which would disturb
 * commands that examine or replace the file.
 */
export class LogConnection implements LogTable {
  readonly #path: string;
  #opened: Connection | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `path`: a SQLite file that has the table. */
  constructor(path: string) {
    this.#path = path;
  }

  async append(runs: readonly LogRun[]): Promise<void> {
    if (runs.length > 0) await this.#inTurn((database) => this.#append(database, runs));
  }

  // A call that failed has ended: nothing goes on behind it.
  async isStored(id: string): Promise<boolean> {
    const { stored } = await this.#inTurn((database) => found(database, `select count(*) as stored from logs where id = ${quoted(id)}`));
    return stored === 1;
  }

  async forgetSome(upTo: string): Promise<boolean> {
    return await this.#inTurn(async (database) => {
      await this.#run(
        database,
        `begin immediate; delete from logs where id in
          (select id from logs where id <= ${quoted(upTo)} limit ${forgottenAtOnce}); commit`,
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
    const settings = [`busy_timeout = ${busyTimeoutMs}`, 'synchronous = NORMAL', `wal_autocheckpoint = ${pagesUntilCheckpoint}`];
    await this.#run(database, settings.map((setting) => `pragma ${setting}`).join('; '));
    this.#opened = database;
    return database;
  }

  async #append(database: Connection, runs: readonly LogRun[]): Promise<void> {
    const portions = [...portionsOf(runs)];
    for (const [at, portion] of portions.entries()) {
      const pieces = [at === 0 ? 'begin immediate; ' : '', ...insertPieces(portion), at === portions.length - 1 ? '; commit' : ''];
      // Joined once: each intermediate text would be a copy of some hundred kilobytes.
      await this.#run(database, pieces.join(''));
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

  /** Closes the connection when everything is written. */
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

/** The statement that inserts `runs`, in pieces. */
function insertPieces(runs: readonly LogRun[]): string[] {
  const pieces: string[] = [beforeRows];
  const literalOf = rememberingLast((text) => quoted(storedText(text)));
  for (const run of runs) {
    const { id, at, type, client_id: clientId, event, repeats, times } = logRowOf(run);
    const client = clientId === null ? 'null' : quoted(storedText(clientId));
    pieces.push(
      `(${quoted(id)},${at},${quoted(type)},${client},${literalOf(event)},${repeats},${times === null ? 'null' : quoted(times)})`,
      ',',
    );
  }
  pieces[pieces.length - 1] = afterRows;
  return pieces;
}

/** The length of a run, without the fields that are short in every one. */
function lengthOf({ clientId, event }: LogRun): number {
  return event.length + (clientId?.length ?? 0);
}

/** Splits `runs` into portions of at most `longestPortion`, in their order. A run that is longer is a portion by itself. */
function* portionsOf(runs: readonly LogRun[]): Generator<readonly LogRun[]> {
  let portion: LogRun[] = [];
  let length = 0;
  for (const run of runs) {
    if (portion.length > 0 && length + lengthOf(run) >= longestPortion) {
      yield portion;
      portion = [];
      length = 0;
    }
    portion.push(run);
    length += lengthOf(run);
  }
  if (portion.length > 0) yield portion;
}
