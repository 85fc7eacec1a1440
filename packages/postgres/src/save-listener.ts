import type { Clock, Timer } from '@evertoken/client';
import { Client, type ClientConfig } from 'pg';

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** How often is looked whether the server answers. It says nothing by itself, and what stands in between may keep a connection open that leads nowhere. */
const LOOK_EVERY_MS = 30_000;

/** What is done with a channel. */
interface Listening {
  readonly hear: (message: string) => void;
  /** Nothing was heard for some time. */
  readonly onGap: () => void;
}

/**
 * Hears what other processes save. A connection that cannot be had, is cut or does not answer is made anew, for ever; then is told that something may have been
 * missed.
 */
export class SaveListener {
  readonly #config: ClientConfig;
  readonly #channel: string;
  readonly #clock: Clock;
  readonly #listening: Listening;
  /** There was a time in which nothing could be heard. */
  #hasMissed = false;
  #client: Client | undefined;
  /** Until the next attempt to connect, or the next look. */
  #timer: Timer | undefined;
  #pauseMs = SHORTEST_PAUSE_MS;
  #isClosed = false;

  /** `config` must bound how long a connection and an answer are waited for. */
  constructor(config: ClientConfig, channel: string, clock: Clock, listening: Listening) {
    this.#config = config;
    this.#channel = channel;
    this.#clock = clock;
    this.#listening = listening;
    void this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    let client: Client | undefined;
    try {
      // Throws where its options name a file that cannot be read: it may be there the next time.
      client = this.#newClient();
      await client.connect();
      await client.query(`listen ${this.#channel}`);
      this.#pauseMs = SHORTEST_PAUSE_MS;
      if (this.#hasMissed && !this.#isClosed) this.#listening.onGap();
      this.#hasMissed = false;
      this.#lookLater(client);
    } catch {
      await this.#giveUp(client);
    }
  }

  #newClient(): Client {
    const client = new Client(this.#config);
    this.#client = client;
    client.on('notification', ({ payload = '' }) => this.#listening.hear(payload));
    client.on('error', () => undefined);
    client.once('end', () => this.#again(client));
    return client;
  }

  #lookLater(client: Client): void {
    if (this.#client === client) this.#timer = this.#clock.setTimer(() => void this.#look(client), LOOK_EVERY_MS);
  }

  async #look(client: Client): Promise<void> {
    try {
      await client.query(`select 1 -- ${this.#channel}`);
      this.#lookLater(client);
    } catch {
      await this.#giveUp(client);
    }
  }

  async #giveUp(client: Client | undefined): Promise<void> {
    this.#again(client);
    await client?.end().catch(() => undefined);
  }

  #again(client: Client | undefined): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#hasMissed = true;
    this.#client = undefined;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(() => void this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
