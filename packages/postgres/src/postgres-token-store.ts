import {
  FleetRecords,
  type FleetTokenStore,
  type FoundRecord,
  type Lease,
  type Rotation,
  SaveWatchers,
  type StoredToken,
  useOnce,
} from '@evertoken/client/shared-store';
import { DatabaseError, Pool, type PoolConfig, type QueryResultRow } from 'pg';
import { LeaseSession } from './lease-session.ts';
import { PostgresStoreError } from './postgres-store-error.ts';
import { type CheckedOptions, checkOptions, type PostgresStoreOptions } from './postgres-store-options.ts';
import { SaveListener } from './save-listener.ts';
import { type Statements, statementsFor } from './statements.ts';

/** Records that are read in one go. */
const RECORDS_AT_ONCE = 200;
/** SQLSTATE of a table or sequence that is not there. */
const UNDEFINED_TABLE = '42P01';

interface RecordRow {
  readonly version: number;
  readonly generation: string;
  readonly fingerprint: string;
  readonly sealed: Buffer;
  readonly left_ms: number;
  readonly last: string;
}

/** Tokens that processes share through PostgreSQL. Rejects with {@link PostgresStoreError}s. */
export type PostgresTokenStore = FleetTokenStore;

/**
 * Opens the store; makes its table where it is missing. A PostgreSQL that is away is no error: the keeper mints for itself until it is there.
 * @throws {TypeError} that names the option which is wrong.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresTokenStore> {
  const store = new PostgresStore(checkOptions(options));
  await store.ready();
  return store;
}

class PostgresStore implements PostgresTokenStore {
  readonly writer: string;
  readonly counts: { -readonly [Count in keyof FleetTokenStore['counts']]: number } = {
    unreadable: 0,
    endedHere: 0,
    failed: 0,
    leaseWaits: 0,
  };
  readonly #options: CheckedOptions;
  readonly #statements: Statements;
  readonly #pool: Pool;
  readonly #leases: LeaseSession;
  readonly #watchers = new SaveWatchers();
  readonly #records: FleetRecords;
  /** Leases that were asked for; each ends when the last answer has come. */
  readonly #acquiring = new Map<string, Promise<void>>();
  #listener: SaveListener | undefined;
  #tables: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CheckedOptions) {
    const { config, seal, table, connections, commandTimeoutMs, clock } = options;
    this.#options = options;
    this.writer = options.writer;
    this.#statements = statementsFor(table);
    this.#records = new FleetRecords(seal, clock, this.counts);
    // What is given up here ends there too, a little later: sessions that wait for a lock would else be as many as were ever given up. It is set and not part of
    // the greeting, where poolers refuse what they do not know.
    const bound = `set statement_timeout = ${Math.ceil(2 * commandTimeoutMs)}`;
    const verify: PoolConfig['verify'] = (client, done) => client.query(bound, (error: Error | null) => done(error ?? undefined));
    this.#pool = new Pool({ ...config, max: connections, allowExitOnIdle: true, verify });
    // A connection that is cut while nobody uses it is nobody's failure.
    this.#pool.on('error', () => undefined);
    this.#leases = new LeaseSession(config, options);
  }

  /** Ends when the tables are there, or could not be made. */
  async ready(): Promise<void> {
    await this.#haveTables().catch(() => undefined);
  }

  async load(key: string): Promise<StoredToken | undefined> {
    const [row] = await this.#ask<RecordRow>(this.#statements.load, [key]);
    return this.#records.read(key, row && recordIn(row));
  }

  async save(key: string, token: StoredToken): Promise<void> {
    await this.#save(key, await this.#generation(), token);
  }

  async remove(key: string): Promise<void> {
    await this.#ask(this.#statements.remove, [key]);
  }

  acquire(key: string, ms: number): Promise<Lease | undefined> {
    const before = this.#acquiring.get(key);
    // In turn: who asks again because the answer takes long is told the one to what was asked first, not that somebody has the lease.
    const answer = before === undefined ? this.#acquire(key, ms) : before.then(() => this.#acquire(key, ms));
    const ended = answer.then(
      () => undefined,
      () => undefined,
    );
    this.#acquiring.set(key, ended);
    void ended.then(() => this.#acquiring.get(key) === ended && this.#acquiring.delete(key));
    return answer;
  }

  async #acquire(key: string, ms: number): Promise<Lease | undefined> {
    const lock = await this.#perform(() => this.#leases.lock(key, ms));
    if (lock === undefined) {
      this.counts.leaseWaits += 1;
      return undefined;
    }
    const release = (): Promise<void> => this.#perform(() => this.#leases.release(lock));
    let generation: string;
    try {
      generation = await this.#generation();
    } catch (error) {
      void release().catch(() => undefined);
      throw error;
    }
    return {
      renew: (life) => this.#perform(() => this.#leases.renew(lock, life)),
      save: (token, suspect) => this.#save(key, generation, token, suspect),
      release,
    };
  }

  watch(key: string, onSaved: () => void): () => void {
    const { config, table, clock } = this.#options;
    this.#listener ??= new SaveListener(config, table, clock, {
      hear: (message) => this.#watchers.hear(message),
      onGap: () => this.#watchers.tellAll(),
    });
    return this.#watchers.add(key, onSaved);
  }

  check(): Promise<void> {
    return useOnce(this, this.#options.clock);
  }

  async rotate(): Promise<Rotation> {
    const rotation = { resealed: 0, current: 0, unreadable: 0 };
    for (let after: string | undefined = ''; after !== undefined; ) {
      const rows: (RecordRow & { key: string })[] = await this.#ask(this.#statements.records, [after, RECORDS_AT_ONCE]);
      for (const row of rows) rotation[await this.#reseal(row)] += 1;
      after = rows.at(RECORDS_AT_ONCE - 1)?.key;
    }
    return rotation;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watchers.clear();
    this.#listener?.close();
    this.#leases.close();
    await this.#pool.end();
  }

  async #reseal(row: RecordRow & { key: string }): Promise<keyof Rotation> {
    const { key, sealed } = row;
    const anew = this.#records.reseal(key, recordIn(row));
    if (typeof anew === 'string') return anew;
    const changed = await this.#ask(this.#statements.reseal, [key, sealed, anew]);
    // Where it is another record by now, it was saved by somebody who knows the first key.
    return changed.length === 1 ? 'resealed' : 'current';
  }

  async #save(key: string, generation: string, token: StoredToken, suspect = ''): Promise<boolean> {
    const written = this.#records.write(key, generation, token);
    if (written === undefined) return false;
    const { version, fingerprint, sealed, lifeMs, replaces } = written;
    const values = [key, version, generation, fingerprint, sealed, lifeMs, suspect, replaces, this.#watchers.messageOf(key)];
    const isSaved = (await this.#ask(this.#statements.save, values)).length > 0;
    if (isSaved) this.#records.saved(key);
    return isSaved;
  }

  async #generation(): Promise<string> {
    const [row] = await this.#ask<{ generation: string }>(this.#statements.generation, []);
    return row?.generation ?? '';
  }

  async #ask<R extends QueryResultRow>(statement: string, values: unknown[]): Promise<R[]> {
    return this.#perform(async () => {
      const tables = this.#haveTables();
      await tables;
      try {
        return (await this.#pool.query<R>(statement, values)).rows;
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.code !== UNDEFINED_TABLE) throw error;
        // They were there: the database came back without them, or somebody removed them.
        if (this.#tables === tables) this.#tables = undefined;
        await this.#haveTables();
        return (await this.#pool.query<R>(statement, values)).rows;
      }
    });
  }

  async #perform<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.#isClosed) throw new PostgresStoreError('closed', 'The store was closed.');
      return await work();
    } catch (error) {
      this.counts.failed += 1;
      throw PostgresStoreError.from(error);
    }
  }

  /** Looks first: who may use the tables need not be who may make them. */
  #haveTables(): Promise<void> {
    this.#tables ??= (async () => {
      const { rows } = await this.#pool.query<{ is_there: boolean }>(this.#statements.exists);
      if (rows[0]?.is_there !== true) await this.#pool.query(this.#statements.create);
    })().catch((error: unknown) => {
      this.#tables = undefined;
      throw error;
    });
    return this.#tables;
  }
}

function recordIn({ version, generation, fingerprint, sealed, left_ms: leftMs, last }: RecordRow): FoundRecord {
  return { version: String(version), generation, fingerprint, sealed, leftMs, last };
}
