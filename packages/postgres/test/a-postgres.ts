import { randomBytes } from 'node:crypto';
import { type PrivatePostgres, startPrivatePostgres } from '@evertoken/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { openPostgresStore, type PostgresStoreOptions, type PostgresTokenStore } from '../src/index.ts';

/** What the stores of the tests seal with. */
export const keys: readonly Uint8Array[] = [randomBytes(32)];

/** A PostgreSQL for the tests of a `describe`. */
export interface PostgresStage {
  readonly postgres: PrivatePostgres;
  /** One database for all tests, each with a table of its own: to make a database takes longer. */
  readonly connection: string;
  /** The name of a table that no other test has. */
  aTable(): string;
  /** Opens a store over `table` until the end of the test; so patient that a slow machine is not taken for a failing database. */
  open(table: string, options?: Partial<PostgresStoreOptions>): Promise<PostgresTokenStore>;
  /** The rows of `statement`, on a connection of its own. */
  run(statement: string): Promise<unknown[]>;
}

/** Starts it before the tests of the `describe` in which it is called, and stops it after them. */
export function aPostgres(): PostgresStage {
  let postgres: PrivatePostgres;
  let connection: string;
  let tables = 0;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    connection = await postgres.newDatabase();
  }, 120_000);
  afterAll(() => postgres?.stop());
  return {
    get postgres() {
      return postgres;
    },
    get connection() {
      return connection;
    },
    aTable() {
      tables += 1;
      return `tokens_${tables}`;
    },
    async open(table, options = {}) {
      const store = await openPostgresStore({ connection, table, keys, commandTimeoutMs: 5_000, ...options });
      onTestFinished(() => store.close());
      return store;
    },
    async run(statement) {
      const client = new Client(connection);
      await client.connect();
      try {
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    },
  };
}
