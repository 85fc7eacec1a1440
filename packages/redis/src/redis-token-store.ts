import { randomUUID } from 'node:crypto';
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
import { RedisConnection } from './redis-connection.ts';
import { RedisStoreError } from './redis-store-error.ts';
import { type CheckedOptions, checkOptions, type RedisStoreOptions } from './redis-store-options.ts';
import { GENERATION_TTL_MS } from './scripts.ts';
import { idOf, recordIn, textOf } from './token-record.ts';

/** Tokens that processes share through Redis or Valkey. Rejects with {@link RedisStoreError}s. */
export type RedisTokenStore = FleetTokenStore;

/**
 * Opens the store. A Redis that is away is no error: the keeper mints for itself until it is there.
 * @throws {TypeError} that names the option which is wrong.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<RedisTokenStore> {
  const store = new RedisStore(checkOptions(options));
  await store.ready();
  return store;
}

class RedisStore implements RedisTokenStore {
  readonly writer: string;
  readonly counts: { -readonly [Count in keyof FleetTokenStore['counts']]: number } = {
    unreadable: 0,
    endedHere: 0,
    failed: 0,
    leaseWaits: 0,
  };
  readonly #options: CheckedOptions;
  readonly #connection: RedisConnection;
  readonly #watchers = new SaveWatchers();
  readonly #records: FleetRecords;

  constructor(options: CheckedOptions) {
    this.#options = options;
    this.writer = options.writer;
    this.#records = new FleetRecords(options.seal, options.clock, this.counts);
    this.#connection = new RedisConnection(options);
  }

  ready(): Promise<void> {
    return this.#connection.ready();
  }

  async load(key: string): Promise<StoredToken | undefined> {
    const id = this.#idOf(key);
    return this.#records.read(id, await this.#find(id));
  }

  async save(key: string, token: StoredToken): Promise<void> {
    const id = this.#idOf(key);
    await this.#save(id, await this.#generation(id), token);
  }

  async remove(key: string): Promise<void> {
    await this.#ask((client) => client.del(this.#tokenKey(this.#idOf(key))));
  }

  async acquire(key: string, ms: number): Promise<Lease | undefined> {
    const id = this.#idOf(key);
    const owner = randomUUID();
    const leaseKey = this.#keyOf(id, 'lease');
    const release = async (): Promise<void> => {
      await this.#ask((client) => client.evertokenRelease(leaseKey, owner));
    };
    const generationKey = this.#generationKey(id);
    let taken: unknown;
    try {
      // In one round trip: a lease that took two would be given up where Redis is far away, and reads are not.
      taken = await this.#ask((client) => client.evertokenAcquire(leaseKey, generationKey, owner, Math.ceil(ms), GENERATION_TTL_MS));
    } catch (error) {
      // It may have been given all the same, and would keep the others waiting.
      void release().catch(() => undefined);
      throw error;
    }
    if (typeof taken !== 'number' || taken < 1) {
      this.counts.leaseWaits += 1;
      return undefined;
    }
    const generation = String(taken);
    return {
      renew: async (life) => (await this.#ask((client) => client.evertokenRenew(leaseKey, owner, Math.ceil(life)))) === 1,
      save: (token, suspect) => this.#save(id, generation, token, suspect),
      release,
    };
  }

  watch(key: string, onSaved: () => void): () => void {
    this.#connection.listen({
      channel: this.#channel,
      hear: (message) => this.#watchers.hear(message),
      onGap: () => this.#watchers.tellAll(),
    });
    return this.#watchers.add(this.#idOf(key), onSaved);
  }

  async check(): Promise<void> {
    await useOnce(this, this.#options.clock);
    await this.#connection.tryListening(this.#channel);
    // What `rotate` needs beyond that.
    for await (const _keys of this.#connection.keys(this.#tokenKey('*'))) break;
    await this.#ask((client) => client.evertokenReseal(this.#tokenKey('check'), '', ''));
  }

  async rotate(): Promise<Rotation> {
    const rotation = { resealed: 0, current: 0, unreadable: 0 };
    const { prefix } = this.#options;
    for await (const keys of this.#connection.keys(this.#tokenKey('*'))) {
      for (const tokenKey of keys) {
        const id = tokenKey.slice(prefix.length + 1, -'}:token'.length);
        const found = await this.#find(id);
        if (found !== undefined) rotation[await this.#reseal(id, found)] += 1;
      }
    }
    return rotation;
  }

  close(): Promise<void> {
    this.#watchers.clear();
    this.#connection.close();
    return Promise.resolve();
  }

  async #find(id: string): Promise<FoundRecord | undefined> {
    return await this.#ask(async (client) => {
      const answer = await client.evertokenRead(this.#tokenKey(id), this.#generationKey(id));
      if (!Array.isArray(answer))
        throw new RedisStoreError('command_failed', 'What answers there is no Redis: see that the options name the right port.');
      return recordIn(answer);
    });
  }

  async #reseal(id: string, found: FoundRecord): Promise<keyof Rotation> {
    const anew = this.#records.reseal(id, found);
    if (typeof anew === 'string') return anew;
    const before = textOf(found.sealed as Uint8Array);
    const changed = await this.#ask((client) => client.evertokenReseal(this.#tokenKey(id), before, textOf(anew)));
    // Where it is another record by now, it was saved by somebody who knows the first key.
    return changed === 1 ? 'resealed' : 'current';
  }

  async #save(id: string, generation: string, token: StoredToken, suspect = ''): Promise<boolean> {
    const written = this.#records.write(id, generation, token);
    if (written === undefined) return false;
    const { version, fingerprint, sealed, lifeMs, replaces } = written;
    const record = [version, generation, fingerprint, textOf(sealed), lifeMs, suspect, replaces];
    const notice = [this.#channel, this.#watchers.messageOf(id), GENERATION_TTL_MS];
    const saved = await this.#ask((client) => client.evertokenSave(this.#tokenKey(id), this.#generationKey(id), ...record, ...notice));
    if (saved !== 1) return false;
    this.#records.saved(id);
    return true;
  }

  async #generation(id: string): Promise<string> {
    return String(await this.#ask((client) => client.evertokenGeneration(this.#generationKey(id), GENERATION_TTL_MS)));
  }

  #ask: RedisConnection['ask'] = async (command) => {
    try {
      return await this.#connection.ask(command);
    } catch (error) {
      this.counts.failed += 1;
      throw error;
    }
  };

  #idOf(key: string): string {
    return idOf(key, this.#options.namespaceKey);
  }

  get #channel(): string {
    return `${this.#options.prefix}saved`;
  }

  #tokenKey(id: string): string {
    return this.#keyOf(id, 'token');
  }

  #generationKey(id: string): string {
    return this.#keyOf(id, 'generation');
  }

  /** The part in braces decides the place in a cluster: all keys of a token are in one. */
  #keyOf(id: string, what: 'token' | 'lease' | 'generation'): string {
    return `${this.#options.prefix}{${id}}:${what}`;
  }
}
