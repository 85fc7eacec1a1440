import { finished } from 'node:stream/promises';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { type ClientConfig, DatabaseError, Pool, type PoolClient, types } from 'pg';
import { from } from 'pg-copy-streams';
import { storedText, textOf } from '../stored-text.ts';
import { postgresErrorOf } from './postgres-error.ts';

const wholeNumber = 20;
const text = 25;

/** How long an answer is waited for, ms. */
interface Patience {
  readonly query_timeout: number;
  readonly lock_timeout: number;
}

/**
 * For what a caller waits for, who may ask another node: a server that stands still keeps him no longer. A lock is given up first, which costs no connection.
 */
export const callersPatience: Patience = { query_timeout: 5_000, lock_timeout: 4_000 };

/** For what is big and nobody waits for: the records of a tenant as a whole, the copy of a table at a change of the schema. */
export const workPatience: Patience = { query_timeout: 60_000, lock_timeout: 10_000 };

/** How each connection is made: whole numbers come as numbers, texts may hold every character, and nothing waits for ever. */
export function connectionConfig(url: string, patience: Patience): ClientConfig {
  return {
    connectionString: url,
    application_name: 'evertoken tenant',
    connectionTimeoutMillis: 5_000,
    ...patience,
    // A node that stands still in the midst of a write must not keep the others from writing.
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    // One whose other side is gone is found out in the time of some probes; the kernel's own first one comes after two hours.
    keepAliveInitialDelayMillis: 10_000,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
        if (oid === wholeNumber) return Number;
        if (oid === text) return textOf;
        return types.getTypeParser(oid, format as 'text');
      }) as typeof types.getTypeParser,
    },
  };
}

/** Connections as kysely wants them: what goes wrong comes out as a TenantError where it is no mistake of ours, and who failed is not used again. */
export class PostgresConnections implements PostgresPool {
  readonly #pool: Pool;
  readonly #place: string;

  /** `place`: how the database is called in errors. */
  constructor(config: ClientConfig, place: string, connections: number) {
    this.#pool = new Pool({ ...config, max: connections });
    this.#place = place;
    // One that nobody uses was cut; the pool has forgotten it, and whoever needs one gets another.
    this.#pool.on('error', () => undefined);
  }

  async connect(): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(await this.#pool.connect(), this.#place);
    } catch (error) {
      throw postgresErrorOf(error, this.#place);
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

/** A connection for somebody alone, until it is released. */
export class PostgresConnection {
  readonly #client: PoolClient;
  readonly #place: string;
  #isBroken = false;
  readonly #breaks = (): void => {
    this.#isBroken = true;
  };

  constructor(client: PoolClient, place: string) {
    this.#client = client;
    this.#place = place;
    client.on('error', this.#breaks);
  }

  // Cursors, which kysely has too, are never asked for.
  readonly query: PostgresPoolClient['query'] = (async (statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    // The `rollback` after a query without an answer would wait for its own as long again.
    if (this.#isBroken) throw postgresErrorOf(new Error('the connection was given up'), this.#place);
    return await this.#judged(this.#client.query(statement, parameters.map(storable)));
  }) as PostgresPoolClient['query'];

  /**
   * Runs `statement`, a `copy … from stdin`, with `rows` in the text format: all of them or none. The server takes rows in for a quarter of the work that an
   * `insert` is.
   */
  async copy(statement: string, rows: string): Promise<void> {
    const copying = this.#client.query(from(statement));
    // It may tell of more than one, and the first says it all.
    copying.on('error', () => undefined);
    await this.#judged(finished(copying.end(rows)));
  }

  release(): void {
    this.#client.off('error', this.#breaks);
    this.#client.release(this.#isBroken);
  }

  async #judged<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      // Not what the server refused, but one that was cut or does not answer: its next answer would be to this question.
      if (!(error instanceof DatabaseError)) this.#isBroken = true;
      throw postgresErrorOf(error, this.#place);
    }
  }
}

function storable(parameter: unknown): unknown {
  return typeof parameter === 'string' ? storedText(parameter) : parameter;
}
