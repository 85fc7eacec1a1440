import type { StoredToken, Timer, TokenStore } from '@evertoken/client';
import type { WorldTime } from './world-time.ts';
import type { StoreTrouble } from './year-script.ts';

/** How long each operation of a slow store takes, ms; a year's slow stores are not all as slow. */
const SLOW_MS = [300, 1_500, 4_000, 20_000] as const;
/** How long the keeper waits for a token that it looks up, ms. */
const GIVEN_UP_MS = 2_000;

interface Pending {
  readonly key: string;
  readonly isLoad: boolean;
  readonly timer: Timer;
  readonly finish: () => void;
}

/** A store without files: troubles as they are told. */
export class SimulatedStore implements TokenStore {
  /** Called with each token that is given back, just before it is. */
  onLoaded: (token: StoredToken) => void = () => undefined;
  readonly #time: WorldTime;
  readonly #tokens = new Map<string, StoredToken>();
  readonly #pending = new Set<Pending>();
  #trouble: StoreTrouble | undefined;
  #troubles = 0;

  constructor(time: WorldTime) {
    this.#time = time;
  }

  /** Trouble begins; the answer ends it, unless another one has begun. */
  begin(trouble: StoreTrouble): () => void {
    if (trouble === 'forgets') {
      this.forget();
      return () => undefined;
    }
    this.#trouble = trouble;
    this.#troubles += 1;
    const mine = this.#troubles;
    return () => {
      if (mine === this.#troubles) this.#trouble = undefined;
    };
  }

  forget(): void {
    this.#tokens.clear();
  }

  get isPrompt(): boolean {
    return this.#trouble !== 'is slow' && this.#pending.size === 0;
  }

  /** Operations under way. */
  get pending(): number {
    return this.#pending.size;
  }

  isLoading(key: string): boolean {
    return [...this.#pending].some((pending) => pending.key === key && pending.isLoad);
  }

  isSaving(key: string): boolean {
    return [...this.#pending].some((pending) => pending.key === key && !pending.isLoad);
  }

  /** Ends at once what is under way. */
  flush(): void {
    for (const { timer, finish } of [...this.#pending]) {
      timer.cancel();
      finish();
    }
  }

  load(key: string): Promise<StoredToken | undefined> {
    const { monoMs } = this.#time.now();
    return this.#perform(key, true, () => {
      const token = this.#tokens.get(key);
      if (token !== undefined && this.#time.now().monoMs - monoMs < GIVEN_UP_MS) this.onLoaded(token);
      return token;
    });
  }

  save(key: string, token: StoredToken): Promise<void> {
    return this.#perform(key, false, () => {
      this.#tokens.set(key, token);
    });
  }

  remove(key: string): Promise<void> {
    this.#tokens.delete(key);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #perform<T>(key: string, isLoad: boolean, operate: () => T): Promise<T> {
    if (this.#trouble === 'fails') return Promise.reject(new Error('The disk is full.'));
    if (this.#trouble === undefined) return Promise.resolve(operate());
    return new Promise((resolve) => {
      const finish = () => {
        this.#pending.delete(pending);
        resolve(operate());
      };
      const slowMs = SLOW_MS[this.#troubles % SLOW_MS.length] ?? 0;
      const pending: Pending = { key, isLoad, finish, timer: this.#time.clock.setTimer(finish, slowMs) };
      this.#pending.add(pending);
    });
  }
}
