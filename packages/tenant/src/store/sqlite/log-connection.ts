import Database from 'libsql/promise';
import type { NewLogEntry } from '../../model/log-entry.ts';
import type { LogTable } from '../sql-database.ts';
import { rememberingLast, storedText } from '../stored-text.ts';
import { sqliteErrorOf } from './sqlite-error.ts';

/** Characters of entries that go into one statement; a single entry may be longer. Each is copied whole on its way to SQLite. */
const longestPortion = 300_000;
/** The log of SQLite (WAL) grows to so many pages before they are moved into the file: pages that many entries touch are moved once. 16 MB. */
const pagesUntilCheckpoint = 4_000;
/** How long it waits for another writer, ms. */
const busyTimeoutMs = 5_000;
/** Entries that are forgotten in one go; others write in between. */
const forgottenAtOnce = 500;

const [beforeRows, afterRows] = ['insert into logs (id, at, type, client_id, event) values ', ' on conflict (id) do nothing'] as const;

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
    const settings = [`busy_timeout = ${busyTimeoutMs}`, 'synchronous = NORMAL', `wal_autocheckpoint = ${pagesUntilCheckpoint}`];
    await this.#run(database, settings.map((setting) => `pragma ${setting}`).join('; '));
    this.#opened = database;
    return database;
  }

  async #append(database: Connection, entries: readonly NewLogEntry[]): Promise<void> {
    for (const portion of portionsOf(entries)) await this.#run(database, statementOf(portion));
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

/** The statement that inserts `entries`. It is joined once: each intermediate text would be a copy of some hundred kilobytes. */
function statementOf(entries: readonly NewLogEntry[]): string {
  const pieces = [`begin immediate; ${beforeRows}`];
  const literalOf = rememberingLast((text) => quoted(storedText(text)));
  for (const { id, atMs, type, clientId, event } of entries) {
    const client = clientId === undefined ? 'null' : quoted(storedText(clientId));
    pieces.push(`(${quoted(id)},${atMs},${quoted(type)},${client},${literalOf(event)})`, ',');
  }
  pieces[pieces.length - 1] = `${afterRows}; commit`;
  return pieces.join('');
}

/** The length of an entry, without the fields that are short in every one. */
function lengthOf({ clientId, event }: NewLogEntry): number {
  return event.length + (clientId?.length ?? 0);
}

/** Splits `entries` into portions of at most `longestPortion`, in their order. An entry that is longer is a portion by itself. */
function* portionsOf(entries: readonly NewLogEntry[]): Generator<readonly NewLogEntry[]> {
  let portion: NewLogEntry[] = [];
  let length = 0;
  for (const entry of entries) {
    if (portion.length > 0 && length + lengthOf(entry) >= longestPortion) {
      yield portion;
      portion = [];
      length = 0;
    }
    portion.push(entry);
    length += lengthOf(entry);
  }
  if (portion.length > 0) yield portion;
}
