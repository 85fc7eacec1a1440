import { randomUUID } from 'node:crypto';
import { type FleetTokenStore, type Lease, type Rotation, SaveWatchers, type StoredToken } from '@evertoken/client/shared-store';
import { RedisConnection } from './redis-connection.ts';
import { RedisStoreError } from './redis-store-error.ts';
import { type CheckedOptions, checkOptions, type RedisStoreOptions } from './redis-store-options.ts';
import { GENERATION_TTL_MS } from './scripts.ts';
import { boundTo, fingerprintOf, idOf, RECORD_VERSION, type Reading, readRecord } from './token-record.ts';

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
  readonly counts: { unreadable: number; failed: number; leaseWaits: number } = { unreadable: 0, failed: 0, leaseWaits: 0 };
  readonly #options: CheckedOptions;
  readonly #connection: RedisConnection;
  /** Names this store among those that hear what it saves. */
  readonly #self: string = randomUUID();
  readonly #watchers = new SaveWatchers();
  /** Of tokens whose record cannot be read: the generation it claims. What is minted next replaces it. */
  readonly #unreadable = new Map<string, string>();

  constructor(options: CheckedOptions) {
    this.#options = options;
    this.writer = options.writer;
    this.#connection = new RedisConnection(options);
  }

  ready(): Promise<void> {
    return this.#connection.ready();
  }

  async load(key: string): Promise<StoredToken | undefined> {
    const reading = await this.#read(this.#idOf(key));
    return reading.kind === 'token' ? reading.token : undefined;
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
    let generation: number;
    try {
      if ((await this.#ask((client) => client.evertokenAcquire(leaseKey, owner, ms))) !== 1) {
        this.counts.leaseWaits += 1;
        return undefined;
      }
      generation = await this.#generation(id);
    } catch (error) {
      // It may have been given all the same, and would keep the others waiting.
      void release().catch(() => undefined);
      throw error;
    }
    return {
      renew: async (life) => (await this.#ask((client) => client.evertokenRenew(leaseKey, owner, life))) === 1,
      save: (token, suspect) => this.#save(id, generation, token, suspect),
      release,
    };
  }

  watch(key: string, onSaved: () => void): () => void {
    this.#connection.listen({ channel: this.#channel, hear: (message) => this.#hear(message), onGap: () => this.#watchers.tellAll() });
    return this.#watchers.add(this.#idOf(key), onSaved);
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
    const rotation = { resealed: 0, current: 0, unreadable: 0 };
    const { prefix, seal } = this.#options;
    for await (const keys of this.#connection.keys(`${prefix}{*}:token`)) {
      for (const tokenKey of keys) {
        const id = tokenKey.slice(prefix.length + 1, -'}:token'.length);
        const reading = await this.#read(id);
        if (reading.kind === 'unreadable') rotation.unreadable += 1;
        if (reading.kind !== 'token') continue;
        const { sealed, generation, isOfFirstKey } = reading;
        const opened = isOfFirstKey ? undefined : seal.open(Buffer.from(sealed, 'base64'), boundTo(id, generation));
        const anew = opened && Buffer.from(seal.seal(opened.token, boundTo(id, generation))).toString('base64');
        if (anew === undefined || (await this.#ask((client) => client.evertokenReseal(tokenKey, sealed, anew))) !== 1)
          rotation.current += 1;
        else rotation.resealed += 1;
      }
    }
    return rotation;
  }

  close(): Promise<void> {
    this.#watchers.clear();
    this.#connection.close();
    return Promise.resolve();
  }

  async #read(id: string): Promise<Reading> {
    const fields = await this.#ask(async (client) => {
      const answer = await client.evertokenRead(this.#tokenKey(id), this.#generationKey(id));
      if (!Array.isArray(answer))
        throw new RedisStoreError('command_failed', 'What answers there is no Redis: see that the options name the right port.');
      return answer;
    });
    const reading = readRecord(id, fields, this.#options.seal, this.#options.clock.now());
    if (reading.kind === 'unreadable') {
      this.counts.unreadable += 1;
      this.#unreadable.set(id, reading.generation);
    } else this.#unreadable.delete(id);
    return reading;
  }

  async #save(id: string, generation: number, token: StoredToken, suspect = ''): Promise<boolean> {
    const { seal, clock } = this.#options;
    const lifeMs = Math.floor(token.expiresAt - clock.now());
    if (lifeMs <= 0) return false;
    const sealed = Buffer.from(seal.seal(token, boundTo(id, generation))).toString('base64');
    const replaced = this.#unreadable.get(id) ?? '-';
    const record = [RECORD_VERSION, generation, fingerprintOf(token), sealed, lifeMs, suspect, replaced];
    const notice = [this.#channel, `${id} ${this.#self}`, GENERATION_TTL_MS];
    const saved = await this.#ask((client) => client.evertokenSave(this.#tokenKey(id), this.#generationKey(id), ...record, ...notice));
    if (saved !== 1) return false;
    this.#unreadable.delete(id);
    return true;
  }

  async #generation(id: string): Promise<number> {
    return Number(await this.#ask((client) => client.evertokenGeneration(this.#generationKey(id), GENERATION_TTL_MS)));
  }

  #ask: RedisConnection['ask'] = async (command) => {
    try {
      return await this.#connection.ask(command);
    } catch (error) {
      this.counts.failed += 1;
      throw error;
    }
  };

  #hear(message: string): void {
    const [id = '', who] = message.split(' ');
    if (who !== this.#self) this.#watchers.tell(id);
  }

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
