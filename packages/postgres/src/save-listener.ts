import type { Clock, Timer } from '@evertoken/client';
import { Client, type ClientConfig } from 'pg';

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Hears what other processes save. A connection that is cut is made anew, for ever; what was missed is found when a token is due. */
export class SaveListener {
  readonly #config: ClientConfig;
  readonly #channel: string;
  readonly #clock: Clock;
  readonly #hear: (message: string) => void;
  #client: Client | undefined;
  #timer: Timer | undefined;
  #pauseMs = SHORTEST_PAUSE_MS;
  #isClosed = false;

  constructor(config: ClientConfig, channel: string, clock: Clock, hear: (message: string) => void) {
    this.#config = config;
    this.#channel = channel;
    this.#clock = clock;
    this.#hear = hear;
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
    const client = new Client(this.#config);
    this.#client = client;
    client.on('notification', ({ payload = '' }) => this.#hear(payload));
    client.on('error', () => undefined);
    client.once('end', () => this.#again(client));
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
      this.#pauseMs = SHORTEST_PAUSE_MS;
    } catch {
      this.#again(client);
      await client.end().catch(() => undefined);
    }
  }

  #again(client: Client): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#client = undefined;
    this.#timer = this.#clock.setTimer(() => void this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
