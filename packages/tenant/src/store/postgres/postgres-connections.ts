import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { type ClientConfig, DatabaseError, Pool, type PoolClient, types } from 'pg';
import { storedText, textOf } from '../stored-text.ts';
import { postgresErrorOf } from './postgres-error.ts';

const wholeNumber = 20;
const text = 25;

/** How each connection is made: whole numbers come as numbers, texts may hold every character, and nothing waits for ever. */
export function connectionConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'evertoken tenant',
    connectionTimeoutMillis: 5_000,
    // Long enough for the records of a big tenant as a whole, and for the copy of a table at a change of the schema.
    query_timeout: 60_000,
    lock_timeout: 10_000,
    // A node that stands still in the midst of a write must not keep the others from writing.
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
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

  async connect(): Promise<PostgresPoolClient> {
    try {
      return connectionOf(await this.#pool.connect(), this.#place);
    } catch (error) {
      throw postgresErrorOf(error, this.#place);
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

function connectionOf(client: PoolClient, place: string): PostgresPoolClient {
  let isBroken = false;
  const breaks = (): void => {
    isBroken = true;
  };
  client.on('error', breaks);
  const query = async (statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(statement, parameters.map(storable));
    } catch (error) {
      // Not what the server refused, but one that was cut or does not answer: its next answer would be to this question.
      if (!(error instanceof DatabaseError)) isBroken = true;
      throw postgresErrorOf(error, place);
    }
  };
  const release = (): void => {
    client.off('error', breaks);
    client.release(isBroken);
  };
  // Cursors, which kysely has too, are never asked for.
  return { query: query as PostgresPoolClient['query'], release };
}

function storable(parameter: unknown): unknown {
  return typeof parameter === 'string' ? storedText(parameter) : parameter;
}
