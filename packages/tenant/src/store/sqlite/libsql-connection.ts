import type { SqliteDatabase, SqliteStatement } from 'kysely';
import Database from 'libsql';
import { storedText, textOf } from '../stored-text.ts';
import { sqliteErrorOf } from './sqlite-error.ts';

type Row = Record<string, unknown>;
type Statement = ReturnType<InstanceType<typeof Database>['prepare']>;

/** How many prepared statements are kept. */
const mostStatements = 200;

/**
 * A connection to a SQLite file as kysely wants one: truth values go in as 0 and 1 (libsql aborts the process for one as it is), texts may
 * hold every character, statements are prepared once, and what goes wrong comes out as a TenantError where it is no mistake of ours.
 */
export class LibsqlConnection implements SqliteDatabase {
  readonly #database: InstanceType<typeof Database>;
  readonly #path: string;
  readonly #statements = new Map<string, SqliteStatement>();

  /** `path`: a file that is there. */
  constructor(path: string) {
    this.#path = path;
    this.#database = new Database(path);
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  /** Sets `name = value`, such as `synchronous = FULL`. */
  pragma(setting: string): void {
    this.#attempt(() => this.#database.pragma(setting));
  }

  prepare(source: string): SqliteStatement {
    const known = this.#statements.get(source);
    if (known !== undefined) return known;
    const statement = this.#statementOf(this.#attempt(() => this.#database.prepare(source)));
    if (this.#statements.size >= mostStatements) this.#statements.clear();
    this.#statements.set(source, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #statementOf(statement: Statement): SqliteStatement {
    return {
      reader: statement.reader,
      all: (parameters) => this.#attempt(() => statement.all(parameters.map(storable)).map((row) => readable(row as Row))),
      run: (parameters) => this.#attempt(() => statement.run(parameters.map(storable))),
      iterate: () => {
        throw new TypeError('No query of the store is read row by row.');
      },
    };
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw sqliteErrorOf(error, this.#path);
    }
  }
}

function storable(parameter: unknown): unknown {
  if (typeof parameter === 'string') return storedText(parameter);
  return typeof parameter === 'boolean' ? Number(parameter) : parameter;
}

function readable(row: Row): Row {
  for (const column in row) {
    const value = row[column];
    if (typeof value === 'string') row[column] = textOf(value);
  }
  return row;
}
