import { createHash } from 'node:crypto';
import type { Clock, Lease, SharedTokenStore, StoredToken } from '@evertoken/client';

/** What processes share in tests: a store in memory with the rules of a real one, and troubles as they are told. */
export class SharedMemory {
  /** Rejects from now on whatever it is asked. */
  isDown = false;
  /** Does not answer from now on. */
  isSilent = false;
  /** How often it was asked for what. */
  readonly asked: Record<'load' | 'acquire' | 'renew' | 'save' | 'release', number> = {
    load: 0,
    acquire: 0,
    renew: 0,
    save: 0,
    release: 0,
  };
  readonly #clock: Clock;
  readonly #tokens = new Map<string, { token: StoredToken; generation: number }>();
  readonly #leases = new Map<string, { owner: object; until: number }>();
  readonly #watchers = new Map<string, Set<{ store: object; onSaved: () => void }>>();
  #generation = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All that it had is gone, leases too. */
  empty(): void {
    this.#tokens.clear();
    this.#leases.clear();
  }

  /** The store of one process. */
  store(writer: string): SharedTokenStore {
    const self = {};
    return {
      writer,
      load: (key) => this.#perform('load', () => this.#living(key)?.token),
      save: (key, token) =>
        this.#perform('save', () => {
          this.#generation += 1;
          this.#save(self, key, token, this.#generation);
        }),
      remove: (key) => this.#perform('save', () => void this.#tokens.delete(key)),
      acquire: (key, ms) => this.#perform('acquire', () => this.#acquire(self, key, ms)),
      watch: (key, onSaved) => {
        const watcher = { store: self, onSaved };
        const watchers = this.#watchers.get(key) ?? new Set();
        this.#watchers.set(key, watchers.add(watcher));
        return () => void watchers.delete(watcher);
      },
      close: () => Promise.resolve(),
    };
  }

  #acquire(self: object, key: string, ms: number): Lease | undefined {
    const owner = {};
    const now = (): number => this.#clock.monotonic();
    const held = this.#leases.get(key);
    if (held !== undefined && held.until > now()) return undefined;
    this.#leases.set(key, { owner, until: now() + ms });
    this.#generation += 1;
    const generation = this.#generation;
    const isMine = (): boolean => this.#leases.get(key)?.owner === owner && (this.#leases.get(key)?.until ?? 0) > now();
    return {
      renew: (life) =>
        this.#perform('renew', () => {
          if (!isMine()) return false;
          this.#leases.set(key, { owner, until: now() + life });
          return true;
        }),
      save: (token, suspect) => this.#perform('save', () => this.#save(self, key, token, generation, suspect)),
      release: () =>
        this.#perform('release', () => {
          if (isMine()) this.#leases.delete(key);
        }),
    };
  }

  #living(key: string): { token: StoredToken; generation: number } | undefined {
    const found = this.#tokens.get(key);
    return found !== undefined && found.token.expiresAt > this.#clock.now() ? found : undefined;
  }

  #save(self: object, key: string, token: StoredToken, generation: number, suspect?: string): boolean {
    const held = this.#living(key);
    if (held !== undefined) {
      if (held.generation >= generation) return false;
      if (held.token.expiresAt > token.expiresAt && fingerprintOf(held.token) !== suspect) return false;
    }
    this.#tokens.set(key, { token, generation });
    for (const { store, onSaved } of [...(this.#watchers.get(key) ?? [])]) if (store !== self) onSaved();
    return true;
  }

  async #perform<T>(what: keyof SharedMemory['asked'], act: () => T): Promise<T> {
    this.asked[what] += 1;
    if (this.isDown) throw new Error('The store is down.');
    if (this.isSilent) return new Promise<T>(() => undefined);
    return act();
  }
}

function fingerprintOf({ accessToken }: StoredToken): string {
  return createHash('sha256').update(accessToken).digest('hex').slice(0, 16);
}
