import type { Clock, Timer } from '@evertoken/client';
import { Client, type ClientConfig, type QueryResultRow } from 'pg';
import { PostgresStoreError } from './postgres-store-error.ts';

/** A connection on which an answer is owed for so long is given up. */
const SILENCE_MS = 5_000;

/** The lock of one key, from when it is asked for until it ends. */
export interface HeldLock {
  readonly key: string;
  /** How long it lives after it was last renewed. */
  ms: number;
  /** Ends it, unless it is renewed before. */
  end?: Timer;
}

/**
 * A connection that holds advisory locks, one a lease, and is there only while there are any. A lock that is not renewed is given back here. Where this process
 * cannot do that any more, the server does by ending the connection: at once when the process is killed, and when it is paused or cut off as soon as nothing
 * was heard of it for as long as the longest of its locks lives.
 */
export class LeaseSession {
  readonly #config: ClientConfig;
  readonly #table: string;
  readonly #answerMs: number;
  readonly #clock: Clock;
  /** The locks of {@link #session}. */
  readonly #held = new Map<string, HeldLock>();
  #session: { readonly client: Client; readonly ready: Promise<unknown> } | undefined;
  /** Answers that are owed. */
  #owed = 0;
  /** What each connection was asked last: `pg` is to be given one question at a time. */
  readonly #asked = new WeakMap<Client, Promise<unknown>>();

  /** `commandTimeoutMs` bounds how long a caller waits for a connection, and for an answer. */
  constructor(config: ClientConfig, { table, commandTimeoutMs, clock }: { table: string; commandTimeoutMs: number; clock: Clock }) {
    // No `query_timeout`: what is asked has to be done, in its order, though nobody waits for the answer any more.
    this.#config = { ...config, connectionTimeoutMillis: commandTimeoutMs, query_timeout: 0 };
    this.#table = table;
    this.#answerMs = commandTimeoutMs;
    this.#clock = clock;
  }

  /** The lock of `key` for `ms`; undefined where somebody has it already, be it in this process. Where it rejects, the lock is given back as soon as can be. */
  async lock(key: string, ms: number): Promise<HeldLock | undefined> {
    if (this.#held.has(key)) return undefined;
    // First: it throws where its options name a file that cannot be read, and nothing is held then.
    this.#session ??= this.#open();
    const { client, ready } = this.#session;
    const lock: HeldLock = { key, ms };
    this.#held.set(key, lock);
    let isMine: boolean | undefined;
    try {
      await ready;
      const [row] = await this.#ask<{ is_mine: boolean }>(
        client,
        "select pg_try_advisory_lock(hashtextextended($1, 0)) as is_mine, set_config('idle_session_timeout', $2, false)",
        [this.#nameOf(key), this.#longestMs()],
      );
      isMine = row?.is_mine;
    } catch (error) {
      this.#takeBack(lock, client);
      throw error;
    }
    if (!this.#isHeld(lock)) throw new PostgresStoreError('connection_failed', 'The connection that held the lease was cut.');
    if (isMine === true) {
      this.#endLater(lock);
      return lock;
    }
    this.#forget(lock);
    // It asked for the time of one more lock.
    if (this.#held.size > 0) this.#setIdleTimeout(client).catch(() => undefined);
    else this.#endIfIdle();
    return undefined;
  }

  /** Lets `lock` live `ms` from now; false where it has ended. */
  async renew(lock: HeldLock, ms: number): Promise<boolean> {
    const client = this.#session?.client;
    if (client === undefined || !this.#isHeld(lock)) return false;
    lock.ms = ms;
    await this.#setIdleTimeout(client);
    if (!this.#isHeld(lock)) return false;
    this.#endLater(lock);
    return true;
  }

  /** Ends `lock`, if it has not ended. */
  async release(lock: HeldLock): Promise<void> {
    const client = this.#session?.client;
    if (client !== undefined && this.#forget(lock)) await this.#unlock(lock, client);
  }

  close(): void {
    this.#drop(this.#session?.client);
  }

  #isHeld(lock: HeldLock): boolean {
    return this.#held.get(lock.key) === lock;
  }

  #endLater(lock: HeldLock): void {
    lock.end?.cancel();
    lock.end = this.#clock.setTimer(() => void this.release(lock).catch(() => undefined), lock.ms);
  }

  /** False where it had ended. */
  #forget(lock: HeldLock): boolean {
    lock.end?.cancel();
    return this.#isHeld(lock) && this.#held.delete(lock.key);
  }

  /** The answer did not come in time, and may be that the lock was given. */
  #takeBack(lock: HeldLock, client: Client): void {
    if (!this.#forget(lock)) return;
    // The server does one after the other: the lock that it may give yet is given back right after, and so before it is asked for again.
    if (this.#held.size > 0) this.#unlock(lock, client).catch(() => undefined);
    else this.#drop(client);
  }

  async #unlock({ key }: HeldLock, client: Client): Promise<void> {
    await this.#ask(client, "select pg_advisory_unlock(hashtextextended($1, 0)), set_config('idle_session_timeout', $2, false)", [
      this.#nameOf(key),
      this.#longestMs(),
    ]);
  }

  async #setIdleTimeout(client: Client): Promise<void> {
    await this.#ask(client, "select set_config('idle_session_timeout', $1, false)", [this.#longestMs()]);
  }

  /** How long nothing may be heard of this process before its locks end: each question counts anew, so none ends before its time. */
  #longestMs(): string {
    return String(Math.ceil(Math.max(1_000, ...[...this.#held.values()].map(({ ms }) => ms))));
  }

  /** Asks in order. Rejects when the answer is late; it is waited for all the same. */
  async #ask<R extends QueryResultRow>(client: Client, statement: string, values: string[]): Promise<R[]> {
    this.#owed += 1;
    const silence = this.#clock.setTimer(() => this.#drop(client), SILENCE_MS);
    const before = this.#asked.get(client) ?? Promise.resolve();
    const answer = before
      .catch(() => undefined)
      .then(() => client.query<R>(statement, values))
      .finally(() => {
        silence.cancel();
        this.#owed -= 1;
        this.#endIfIdle();
      });
    this.#asked.set(client, answer);
    let late: Timer | undefined;
    const lateness = new Promise<never>((_, reject) => {
      const error = new PostgresStoreError('timeout', `PostgreSQL did not answer within ${this.#answerMs} ms.`);
      late = this.#clock.setTimer(() => reject(error), this.#answerMs);
    });
    try {
      return (await Promise.race([answer, lateness])).rows;
    } finally {
      late?.cancel();
    }
  }

  #open(): { client: Client; ready: Promise<unknown> } {
    const client = new Client(this.#config);
    const ready = client.connect();
    // Cut by the server or the network, or never had: what it held is free.
    const lost = (): void => this.#lose(client);
    client.on('error', lost);
    client.once('end', lost);
    ready.catch(lost);
    return { client, ready };
  }

  #lose(client: Client | undefined): void {
    if (client === undefined || this.#session?.client !== client) return;
    this.#session = undefined;
    for (const { end } of this.#held.values()) end?.cancel();
    this.#held.clear();
  }

  #endIfIdle(): void {
    if (this.#held.size === 0 && this.#owed === 0) this.#drop(this.#session?.client);
  }

  #drop(client: Client | undefined): void {
    this.#lose(client);
    void client?.end().catch(() => undefined);
  }

  /** Locks are numbers that the whole database shares: those of another table are others. */
  #nameOf(key: string): string {
    return `${this.#table}/${key}`;
  }
}
