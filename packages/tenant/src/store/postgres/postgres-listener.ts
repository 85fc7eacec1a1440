import { Client, type ClientConfig } from 'pg';
import type { SetTimer, Timer } from '../../clock.ts';

const channel = 'evertoken_tenant';
const shortestPauseMs = 100;
const longestPauseMs = 10_000;
/** How often is looked whether the server answers. It says nothing by itself, and what stands in between may keep a connection open that leads nowhere … */
const lookEveryMs = 30_000;
/** … and how long the answer is waited for, which takes no work. */
const answerMs = 5_000;

/** The statement that tells others, once the transaction is committed. */
export const notifyStatement: string = `select pg_notify('${channel}', $1)`;

/**
 * Hears of what other nodes write. A connection that cannot be had, is cut or does not answer is made anew, for ever; what was missed meanwhile is for the one
 * who is woken to find.
 */
export class PostgresListener {
  readonly #config: ClientConfig;
  readonly #setTimer: SetTimer;
  #wake: () => void = () => undefined;
  #client: Client | undefined;
  /** Until the next attempt to connect, or the next look. */
  #timer: Timer | undefined;
  #pauseMs = shortestPauseMs;
  #isClosed = false;

  /** `config` must bound how long a connection is waited for. */
  constructor(config: ClientConfig, setTimer: SetTimer) {
    // Nothing comes for hours: that is no failure.
    this.#config = { ...config, idle_in_transaction_session_timeout: 0, query_timeout: answerMs };
    this.#setTimer = setTimer;
  }

  listen(wake: () => void): void {
    this.#wake = wake;
    void this.#connect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new Client(this.#config);
    this.#client = client;
    client.on('notification', () => this.#wake());
    client.on('error', () => undefined);
    client.once('end', () => this.#again(client));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      this.#pauseMs = shortestPauseMs;
      this.#wake();
      this.#lookLater(client);
    } catch {
      await this.#giveUp(client);
    }
  }

  #lookLater(client: Client): void {
    if (this.#client === client) this.#timer = this.#setTimer(() => void this.#look(client), lookEveryMs);
  }

  async #look(client: Client): Promise<void> {
    try {
      await client.query(`select 1 -- ${channel}`);
      this.#lookLater(client);
    } catch {
      await this.#giveUp(client);
    }
  }

  async #giveUp(client: Client): Promise<void> {
    this.#again(client);
    await client.end().catch(() => undefined);
  }

  #again(client: Client): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#client = undefined;
    this.#timer?.cancel();
    this.#timer = this.#setTimer(() => void this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}
