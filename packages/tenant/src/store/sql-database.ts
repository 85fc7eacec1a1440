import type { Kysely, Transaction } from 'kysely';
import type { LogRun } from '../model/log-entry.ts';
import type { Seal } from './seal.ts';
import type { Tables } from './tables.ts';

/** Where queries go: the database, or one transaction of it. */
export type Executor = Kysely<Tables>;

/** The table of the logs. A power cut may take the last entries: no caller was told that they are stored. */
export interface LogTable {
  /**
   * Stores `runs`. One whose id is stored already is left alone, also one of a call that failed half-way.
   * @throws {TenantError} `store_full`, `store_unavailable`
   */
  append(runs: readonly LogRun[]): Promise<void>;
  /**
   * Whether the run with this id is stored. Waits for a call that is storing it, also one that was given up.
   * @throws {TenantError} `store_unavailable`, also where that takes too long
   */
  isStored(id: string): Promise<boolean>;
  /** Forgets some of the runs whose ids sort up to `upTo`; answers whether there may be more of them. */
  forgetSome(upTo: string): Promise<boolean>;
}

/**
 * A database with the tables of the last migration, and what is not the same in SQLite and PostgreSQL. Its queries throw {@link TenantError}
 * `already_exists`, `not_found` (for a record that points nowhere), `store_unavailable` and `store_full`.
 */
export interface SqlDatabase {
  readonly kind: 'sqlite' | 'postgres';
  /** For transactions that write. */
  readonly writing: Kysely<Tables>;
  readonly logs: LogTable;
  /** For reading; does not wait for transactions that write. */
  readonly reading: Kysely<Tables>;
  /** For reading much at once, which may take a minute where `reading` gives up after seconds. */
  readonly readingMuch: Kysely<Tables>;
  /** Encrypts the secrets that are stored in it. */
  readonly seal: Seal;
  /** The values of `columns` of all rows of a table, ordered by its `sequence`, a portion at a time. The fastest way to read a whole table. */
  allRows(executor: Executor, table: string, columns: readonly string[]): AsyncIterable<unknown[][]>;
  /** Keeps every other writer out, on whatever node, until the transaction ends. */
  lockWriters(transaction: Transaction<Tables>): Promise<void>;
  /** Calls `wake` soon after another node has written, where the database tells of that by itself. */
  listen(wake: () => void): void;
  /** Tells other nodes of the transaction's version, once it is committed. */
  notify(transaction: Transaction<Tables>, version: number): Promise<void>;
  /** Name and version of the database. */
  server(): Promise<string>;
  /** What the database itself finds wrong with its files. */
  integrityProblems(): Promise<readonly string[]>;
  readonly backup?: ((path: string) => Promise<void>) | undefined;
  close(): Promise<void>;
}
