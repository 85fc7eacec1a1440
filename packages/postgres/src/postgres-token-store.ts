import { createHash, randomUUID } from 'node:crypto';
import {
  type FleetTokenStore,
  isBelievable,
  type Lease,
  type Rotation,
  SaveWatchers,
  type StoredToken,
} from '@evertoken/client/shared-store';
import { Pool, type QueryResultRow } from 'pg';
import { LeaseSession } from './lease-session.ts';
import { type CheckedOptions, checkOptions, type PostgresStoreOptions } from './postgres-store-options.ts';
import { SaveListener } from './save-listener.ts';
import { type Statements, statementsFor } from './statements.ts';

/** Format of the records. */
const VERSION = 1;

interface RecordRow {
  readonly version: number;
  readonly generation: string;
  readonly fingerprint: string;
  readonly sealed: Buffer;
  readonly left_ms: number;
  readonly last: string;
}

/** Tokens that processes share through PostgreSQL. Rejects with what PostgreSQL says. */
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
  readonly counts: { unreadable: number; failed: number; leaseWaits: number } = { unreadable: 0, failed: 0, leaseWaits: 0 };
  readonly #options: CheckedOptions;
  readonly #statements: Statements;
  readonly #pool: Pool;
  readonly #leases: LeaseSession;
  readonly #self: string = randomUUID();
  readonly #watchers = new SaveWatchers();
  /** Of tokens whose record cannot be read: its generation. What is minted next replaces it. */
  readonly #unreadable = new Map<string, string>();
  #listener: SaveListener | undefined;
  #tables: Promise<void> | undefined;

  constructor(options: CheckedOptions) {
    const { config, table, connections, commandTimeoutMs } = options;
    this.#options = options;
    this.writer = options.writer;
    this.#statements = statementsFor(table);
    const bounded = { ...config, connectionTimeoutMillis: commandTimeoutMs, query_timeout: commandTimeoutMs, keepAlive: true };
    this.#pool = new Pool({ ...bounded, max: connections, allowExitOnIdle: true });
    // A connection that is cut while nobody uses it is nobody's failure.
    this.#pool.on('error', () => undefined);
    this.#leases = new LeaseSession(bounded, table);
  }

  /** Ends when the tables are there, or could not be made. */
  async ready(): Promise<void> {
    await this.#haveTables().catch(() => undefined);
  }

  async load(key: string): Promise<StoredToken | undefined> {
    const row = (await this.#ask<RecordRow>(this.#statements.load, [key]))[0];
    if (row === undefined) return undefined;
    const now = this.#options.clock.now();
    const opened = isOfOurs(row) ? this.#options.seal.open(row.sealed, boundTo(key, row.generation)) : undefined;
    const token = opened && endingWith(opened.token, row.left_ms, now);
    if (token !== undefined && fingerprintOf(token) === row.fingerprint && isBelievable(token, now)) {
      this.#unreadable.delete(key);
      return token;
    }
    this.counts.unreadable += 1;
    this.#unreadable.set(key, row.generation);
    return undefined;
  }

  async save(key: string, token: StoredToken): Promise<void> {
    await this.#save(key, await this.#generation(), token);
  }

  async remove(key: string): Promise<void> {
    await this.#ask(this.#statements.remove, [key]);
  }

  async acquire(key: string, ms: number): Promise<Lease | undefined> {
    const client = await this.#count(this.#leases.lock(key, ms));
    if (client === undefined) {
      this.counts.leaseWaits += 1;
      return undefined;
    }
    const release = (): Promise<void> => this.#leases.release(client, key);
    let generation: string;
    try {
      generation = await this.#generation();
    } catch (error) {
      void release().catch(() => undefined);
      throw error;
    }
    return {
      renew: (life) => this.#count(this.#leases.renew(client, life)),
      save: (token, suspect) => this.#save(key, generation, token, suspect),
      release,
    };
  }

  watch(key: string, onSaved: () => void): () => void {
    const { config, table, clock } = this.#options;
    this.#listener ??= new SaveListener({ ...config, keepAlive: true }, table, clock, {
      hear: (message) => this.#hear(message),
      onGap: () => this.#watchers.tellAll(),
    });
    return this.#watchers.add(key, onSaved);
  }

  async check(): Promise<void> {
    const key = `check/${this.#self}`;
    const lease = await this.acquire(key, 1_000);
    const now = this.#options.clock.now();
    await lease?.save({ accessToken: this.#self, tokenType: 'check', askedAt: now, expiresAt: now + 5_000, lifetimeMs: 5_000 });
    await this.load(key);
    await this.remove(key);
    await lease?.release();
  }

  async rotate(): Promise<Rotation> {
    const { seal, table } = this.#options;
    const rotation = { resealed: 0, current: 0, unreadable: 0 };
    for (const { key, generation, sealed } of await this.#ask<RecordRow & { key: string }>(
      `select key, generation::text, sealed from ${table} where ends_at > clock_timestamp()`,
      [],
    )) {
      const opened = seal.open(sealed, boundTo(key, generation));
      if (opened === undefined) rotation.unreadable += 1;
      if (opened?.isOfFirstKey === true) rotation.current += 1;
      if (opened === undefined || opened.isOfFirstKey) continue;
      const anew = seal.seal(opened.token, boundTo(key, generation));
      const changed = await this.#ask(`update ${table} set sealed = $3 where key = $1 and sealed = $2 returning key`, [key, sealed, anew]);
      // Where it is another record by now, it was saved by somebody who knows the first key.
      rotation[changed.length === 1 ? 'resealed' : 'current'] += 1;
    }
    return rotation;
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#listener?.close();
    this.#leases.close();
    await this.#pool.end();
  }

  async #save(key: string, generation: string, token: StoredToken, suspect = ''): Promise<boolean> {
    const lifeMs = Math.floor(token.expiresAt - this.#options.clock.now());
    if (lifeMs <= 0) return false;
    const sealed = this.#options.seal.seal(token, boundTo(key, generation));
    const replaced = this.#unreadable.get(key) ?? '';
    const values = [key, VERSION, generation, fingerprintOf(token), sealed, lifeMs, suspect, replaced, `${key} ${this.#self}`];
    return (await this.#ask(this.#statements.save, values)).length > 0;
  }

  async #generation(): Promise<string> {
    const [row] = await this.#ask<{ generation: string }>(this.#statements.generation, []);
    return row?.generation ?? '';
  }

  async #ask<R extends QueryResultRow>(statement: string, values: unknown[]): Promise<R[]> {
    return this.#count(this.#haveTables().then(async () => (await this.#pool.query<R>(statement, values)).rows));
  }

  async #count<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.counts.failed += 1;
      throw error;
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

  #hear(message: string): void {
    const [key = '', who] = message.split(' ');
    if (who !== this.#self) this.#watchers.tell(key);
  }
}

/** A generation after the last one was given to nobody. */
function isOfOurs({ version, generation, last }: RecordRow): boolean {
  return version === VERSION && BigInt(generation) <= BigInt(last);
}

/** What a sealed record is bound to, so that it can be swapped neither between tokens nor between generations. */
function boundTo(key: string, generation: string): string {
  return `${key}/${generation}`;
}

function fingerprintOf({ accessToken }: StoredToken): string {
  return createHash('sha256').update(accessToken).digest('hex').slice(0, 16);
}

/** The clock of the server, which all processes share, is believed where this one's or the writer's would make the token live longer. */
function endingWith(token: StoredToken, leftMs: number, now: number): StoredToken {
  const expiresAt = Math.floor(now + leftMs);
  return expiresAt < token.expiresAt - 1_000 ? { ...token, expiresAt } : token;
}
