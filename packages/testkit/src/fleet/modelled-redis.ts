import { createHash } from 'node:crypto';
import type { Clock, Lease, SharedTokenStore, StoredToken } from '@evertoken/client';
import type { FleetTime } from './fleet-time.ts';

/** How a modelled Redis and the network to it behave. */
export interface RedisModel {
  /** Most of the way there and back, ms; each drawn, and one in a thousand much longer. */
  readonly latencyMs: number;
  /** Share of commands whose request or answer is lost, and of announcements that are. */
  readonly lossShare: number;
  /** What one command takes of its one thread, ms. */
  readonly serviceMs: number;
  /** A command that takes longer fails, ms. */
  readonly commandTimeoutMs: number;
  /** A client that lost it is connected again within this time of its return, ms. */
  readonly reconnectMs: number;
}

/** Numbers of a Redis in the same network: 100 000 commands a second. */
export const nearbyRedis: RedisModel = { latencyMs: 0.6, lossShare: 0.0001, serviceMs: 0.01, commandTimeoutMs: 250, reconnectMs: 2_000 };

/** What announcing a save takes of its thread for each listener, ms. */
const ANNOUNCE_MS = 0.001;

interface StoredRecord {
  readonly token: StoredToken;
  readonly fingerprint: string;
  readonly generation: number;
  readonly endsAt: number;
}

interface Client {
  readonly clock: Clock;
  /** When it is connected again after the last outage, ms. */
  connectedAt: number;
}

/** Redis as `@evertoken/redis` uses it, without sockets: generations, leases that end by themselves, announcements, and a network in between. */
export class ModelledRedis {
  readonly counts: { commands: number; failed: number; saves: number } = { commands: 0, failed: 0, saves: 0 };
  readonly #time: FleetTime;
  readonly #random: () => number;
  readonly #model: RedisModel;
  readonly #clients: Client[] = [];
  readonly #records = new Map<string, StoredRecord>();
  readonly #generations = new Map<string, number>();
  readonly #leases = new Map<string, { owner: object; until: number }>();
  readonly #watchers = new Map<string, Map<object, Client>>();
  readonly #heard = new WeakMap<object, () => void>();
  #isDown = false;
  /** When its thread has done all that it was asked for, ms. */
  #freeAt = 0;

  constructor(time: FleetTime, random: () => number, model: RedisModel) {
    this.#time = time;
    this.#random = random;
    this.#model = model;
  }

  /** It answers nothing any more. */
  goDown(): void {
    this.#isDown = true;
  }

  /** It is there again, with what it had or with nothing. */
  comeBack(isEmpty: boolean): void {
    this.#isDown = false;
    this.#freeAt = this.#time.nowMs;
    for (const client of this.#clients) client.connectedAt = this.#time.nowMs + this.#random() * this.#model.reconnectMs;
    if (!isEmpty) return;
    this.#records.clear();
    this.#generations.clear();
    this.#leases.clear();
  }

  /** The store of one process, whose clock is `clock`. */
  store(writer: string, clock: Clock): SharedTokenStore {
    const client: Client = { clock, connectedAt: 0 };
    this.#clients.push(client);
    return {
      writer,
      load: async (key) => {
        const record = await this.#ask(client, () => this.#living(key));
        return record && endingWith(record.token, record.endsAt - this.#time.nowMs, clock.now());
      },
      save: async (key, token) => {
        const generation = await this.#ask(client, () => this.#nextGeneration(key));
        await this.#save(client, key, token, generation);
      },
      remove: (key) => this.#ask(client, () => void this.#records.delete(key)),
      acquire: (key, ms) => this.#acquire(client, key, ms),
      watch: (key, onSaved) => {
        const watchers = this.#watchers.get(key) ?? new Map<object, Client>();
        const watcher = {};
        this.#watchers.set(key, watchers.set(watcher, client));
        this.#heard.set(watcher, onSaved);
        return () => void watchers.delete(watcher);
      },
      close: () => Promise.resolve(),
    };
  }

  async #acquire(client: Client, key: string, ms: number): Promise<Lease | undefined> {
    const owner = {};
    const isMine = (): boolean => this.#leases.get(key)?.owner === owner && (this.#leases.get(key)?.until ?? 0) > this.#time.nowMs;
    const release = (): Promise<void> => this.#ask(client, () => void (isMine() && this.#leases.delete(key)));
    let generation: number;
    try {
      const isAcquired = await this.#ask(client, () => {
        if ((this.#leases.get(key)?.until ?? 0) > this.#time.nowMs) return false;
        this.#leases.set(key, { owner, until: this.#time.nowMs + ms });
        return true;
      });
      if (!isAcquired) return undefined;
      generation = await this.#ask(client, () => this.#nextGeneration(key));
    } catch (error) {
      void release().catch(() => undefined);
      throw error;
    }
    return {
      renew: (life) =>
        this.#ask(client, () => {
          if (!isMine()) return false;
          this.#leases.set(key, { owner, until: this.#time.nowMs + life });
          return true;
        }),
      save: (token, suspect) => this.#save(client, key, token, generation, suspect),
      release,
    };
  }

  #living(key: string): StoredRecord | undefined {
    const record = this.#records.get(key);
    return record !== undefined && record.endsAt > this.#time.nowMs ? record : undefined;
  }

  #nextGeneration(key: string): number {
    const generation = (this.#generations.get(key) ?? 0) + 1;
    this.#generations.set(key, generation);
    return generation;
  }

  async #save(client: Client, key: string, token: StoredToken, generation: number, suspect?: string): Promise<boolean> {
    const lifeMs = Math.floor(token.expiresAt - client.clock.now());
    if (lifeMs <= 0) return false;
    const fingerprint = createHash('sha256').update(token.accessToken).digest('hex').slice(0, 16);
    return this.#ask(client, () => {
      const held = this.#living(key);
      if (held !== undefined) {
        if (held.generation >= generation) return false;
        if (held.endsAt - this.#time.nowMs > lifeMs + 1_000 && held.fingerprint !== suspect) return false;
      }
      this.#records.set(key, { token, fingerprint, generation, endsAt: this.#time.nowMs + lifeMs });
      if ((this.#generations.get(key) ?? 0) < generation) this.#generations.set(key, generation);
      this.counts.saves += 1;
      this.#announce(client, key);
      return true;
    });
  }

  #announce(from: Client, key: string): void {
    const watchers = this.#watchers.get(key) ?? new Map<object, Client>();
    this.#freeAt = Math.max(this.#freeAt, this.#time.nowMs) + ANNOUNCE_MS * watchers.size;
    for (const [watcher, client] of watchers) {
      if (client === from || client.connectedAt > this.#time.nowMs || this.#random() < this.#model.lossShare) continue;
      this.#time.in(this.#freeAt - this.#time.nowMs + this.#way(), () => {
        if (watchers.has(watcher)) this.#heard.get(watcher)?.();
      });
    }
  }

  /** One command: on its way there, in the queue of the one thread, on its way back. */
  #ask<T>(client: Client, act: () => T): Promise<T> {
    const { lossShare, commandTimeoutMs, serviceMs } = this.#model;
    const sentAt = this.#time.nowMs;
    this.counts.commands += 1;
    const lost = this.#random() < lossShare ? (this.#random() < 0.5 ? 'request' : 'answer') : undefined;
    return new Promise((resolve, reject) => {
      const failLater = (): void => {
        this.#time.in(Math.max(0, sentAt + commandTimeoutMs - this.#time.nowMs), () => {
          this.counts.failed += 1;
          reject(new Error(`Redis did not answer within ${commandTimeoutMs} ms.`));
        });
      };
      if (this.#isDown || client.connectedAt > sentAt || lost === 'request') return failLater();
      this.#time.in(this.#way(), () => {
        if (this.#isDown) return failLater();
        this.#freeAt = Math.max(this.#freeAt, this.#time.nowMs) + serviceMs;
        const backMs = this.#freeAt - this.#time.nowMs + this.#way();
        const answer = act();
        if (lost !== undefined || this.#time.nowMs + backMs - sentAt > commandTimeoutMs) failLater();
        else this.#time.in(backMs, () => resolve(answer));
      });
    });
  }

  /** How long a message is on its way, ms. */
  #way(): number {
    const half = this.#model.latencyMs / 2;
    const isSlow = this.#random() < 0.0005;
    return half * (0.5 - Math.log(1 - this.#random()) / 2) + (isSlow ? 300 * this.#random() : 0);
  }
}

/** The clock of Redis is believed where the writer's would make the token live longer, as `@evertoken/redis` does. */
function endingWith(token: StoredToken, leftMs: number, now: number): StoredToken {
  const expiresAt = now + leftMs;
  return expiresAt < token.expiresAt - 1_000 ? { ...token, expiresAt } : token;
}
