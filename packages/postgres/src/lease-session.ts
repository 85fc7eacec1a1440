import { Client, type ClientConfig } from 'pg';

/**
 * A connection that holds advisory locks, one a lease, and is there only while there are any. The server ends it when it says nothing for longer than a lease
 * lives: who is killed loses its leases at once, and who is paused after that time.
 */
export class LeaseSession {
  readonly #config: ClientConfig;
  readonly #table: string;
  readonly #held = new Set<string>();
  #opening: Promise<Client> | undefined;
  #asking = 0;
  #isClosed = false;

  constructor(config: ClientConfig, table: string) {
    this.#config = config;
    this.#table = table;
  }

  /** Takes the lock of `key`; false where somebody else has it, also in this process. `lost` is called when it ends with the connection. */
  async lock(key: string, ms: number): Promise<Client | undefined> {
    if (this.#held.has(key)) return undefined;
    this.#held.add(key);
    this.#asking += 1;
    try {
      const client = await this.#client(ms);
      const { rows } = await client.query<{ is_mine: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as is_mine', [
        this.#nameOf(key),
      ]);
      if (rows[0]?.is_mine === true) return client;
      this.#held.delete(key);
      return undefined;
    } catch (error) {
      this.#held.delete(key);
      this.#drop();
      throw error;
    } finally {
      this.#asking -= 1;
      this.#endIfIdle();
    }
  }

  /** Whether the lock is still held by `client`; asking keeps it. */
  async renew(client: Client, ms: number): Promise<boolean> {
    if ((await this.#opening?.catch(() => undefined)) !== client) return false;
    await client.query(`set idle_session_timeout = ${Math.ceil(ms)}`);
    return true;
  }

  async release(client: Client, key: string): Promise<void> {
    if ((await this.#opening?.catch(() => undefined)) !== client) return;
    this.#held.delete(key);
    try {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [this.#nameOf(key)]);
    } finally {
      this.#endIfIdle();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #client(ms: number): Promise<Client> {
    this.#opening ??= this.#open(ms);
    return this.#opening;
  }

  async #open(ms: number): Promise<Client> {
    const client = new Client(this.#config);
    // Cut by the server or the network: what it held is free.
    const forget = (): void => this.#forget(client);
    client.on('error', forget);
    client.once('end', forget);
    await client.connect();
    await client.query(`set idle_session_timeout = ${Math.ceil(ms)}`);
    if (this.#isClosed) void client.end().catch(() => undefined);
    return client;
  }

  #forget(client: Client): void {
    void this.#opening?.then(
      (current) => {
        if (current !== client) return;
        this.#opening = undefined;
        this.#held.clear();
      },
      () => undefined,
    );
  }

  #endIfIdle(): void {
    if (this.#held.size === 0 && this.#asking === 0) this.#drop();
  }

  #drop(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#held.clear();
    void opening?.then((client) => client.end()).catch(() => undefined);
  }

  /** Locks are numbers that the whole database shares: those of another table are others. */
  #nameOf(key: string): string {
    return `${this.#table}/${key}`;
  }
}
