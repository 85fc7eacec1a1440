import type { Now, SetTimer, Timer } from '../clock.ts';
import type { TenantStore, UsageEntry } from '../store/tenant-store.ts';
import { type QuotaMeasure, windowStart } from './quota-window.ts';

/** The part of the store that counts. */
export type UsageStore = Pick<TenantStore, 'addUsage' | 'usageSince' | 'pruneUsage'>;

interface Count {
  windowStartMs: number;
  /** The count in the store, over all nodes, as this node last read it. */
  stored: number;
  /** What this node has counted and not yet written to the store. */
  pending: number;
}

const flushAfterMs = 1_000;
const readAfterMs = 10_000;

/**
 * Counts tokens in memory, and writes the counts to the store a second later. What other nodes have counted is read every ten seconds while tokens are
 * issued. A process that is killed loses the counts of its last second.
 */
export class UsageCounter {
  readonly #store: UsageStore;
  readonly #now: Now;
  readonly #setTimer: SetTimer;
  readonly #onFault: (error: unknown) => void;
  readonly #counts = new Map<string, Count>();
  #timer: Timer | undefined;
  /** Writes follow one another, so that each count is written once, and a read that follows sees what this node has written. */
  #writing: Promise<void> = Promise.resolve();
  #readAtMs = 0;
  #day = 0;

  /** Use {@link openUsageCounter}. */
  constructor(options: { store: UsageStore; now: Now; setTimer: SetTimer; onFault: (error: unknown) => void }) {
    this.#store = options.store;
    this.#now = options.now;
    this.#setTimer = options.setTimer;
    this.#onFault = options.onFault;
  }

  /** What `owner` has used in the present window of `measure`. */
  used(owner: string, measure: QuotaMeasure): number {
    const count = this.#counts.get(nameOf(owner, measure));
    return count === undefined || count.windowStartMs !== windowStart(measure, this.#now()) ? 0 : count.stored + count.pending;
  }

  /** Adds `by` to the present window. -1 takes back a token that was not issued after all. */
  add(owner: string, measure: QuotaMeasure, by: 1 | -1): void {
    const name = nameOf(owner, measure);
    const windowStartMs = windowStart(measure, this.#now());
    let count = this.#counts.get(name);
    if (count?.windowStartMs !== windowStartMs) {
      // What was counted in a window that is over is of no interest any more.
      if (by < 0) return;
      count = { windowStartMs, stored: 0, pending: 0 };
      this.#counts.set(name, count);
    }
    count.pending += by;
    this.#timer ??= this.#setTimer(() => this.#flushSoon(), flushAfterMs);
  }

  /** Reads what the store has counted today. */
  async read(): Promise<void> {
    const nowMs = this.#now();
    this.#readAtMs = nowMs;
    const day = windowStart('per_day', nowMs);
    for (const { bucket, windowStartMs, count } of await this.#store.usageSince(day)) {
      const known = this.#counts.get(bucket);
      if (known?.windowStartMs === windowStartMs) known.stored = count;
      else if (known === undefined || known.windowStartMs < windowStartMs) {
        this.#counts.set(bucket, { windowStartMs, stored: count, pending: 0 });
      }
    }
  }

  /** Writes what is not in the store yet. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#writing;
    this.#timer?.cancel();
    await this.#write().catch(this.#onFault);
  }

  #flushSoon(): void {
    this.#timer = undefined;
    this.#writing = this.#writing
      .then(() => this.#flush())
      .catch((error: unknown) => {
        this.#onFault(error);
        this.#timer ??= this.#setTimer(() => this.#flushSoon(), flushAfterMs);
      });
  }

  async #flush(): Promise<void> {
    await this.#write();
    const nowMs = this.#now();
    // A clock that was set back must not stop the reading.
    if (Math.abs(nowMs - this.#readAtMs) >= readAfterMs) await this.read();
    const day = windowStart('per_day', nowMs);
    if (day === this.#day) return;
    this.#day = day;
    for (const [name, { windowStartMs }] of this.#counts) if (windowStartMs < day) this.#counts.delete(name);
    await this.#store.pruneUsage(day);
  }

  async #write(): Promise<void> {
    const taken: [Count, UsageEntry][] = [];
    for (const [bucket, count] of this.#counts) {
      if (count.pending !== 0) taken.push([count, { bucket, windowStartMs: count.windowStartMs, count: count.pending }]);
    }
    if (taken.length === 0) return;
    await this.#store.addUsage(taken.map(([, entry]) => entry));
    for (const [count, entry] of taken) {
      count.stored += entry.count;
      count.pending -= entry.count;
    }
  }
}

/** A counter that knows what was counted before. */
export async function openUsageCounter(options: ConstructorParameters<typeof UsageCounter>[0]): Promise<UsageCounter> {
  const counter = new UsageCounter(options);
  await counter.read();
  return counter;
}

const nameOf = (owner: string, measure: QuotaMeasure): string => `${owner} ${measure}`;
