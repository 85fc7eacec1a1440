import type { Log } from '@evertoken/service';
import type { Now, SetTimer, Timer } from '../clock.ts';
import { tenantNameOf } from '../model/domain.ts';
import type { NewLogEntry } from '../model/log-entry.ts';
import type { JournalEntry, TenantJournal } from './journal-entry.ts';
import { newLogEntry } from './log-event.ts';
import { logIds } from './log-id.ts';

/** Where entries are kept. */
export interface LogKeeper {
  appendLogs(entries: readonly NewLogEntry[]): Promise<void>;
  /** Removes what is older than `olderThanMs` (epoch), and all but the newest `keep`. */
  pruneLogs(bounds: { olderThanMs: number; keep: number }): Promise<unknown>;
}

/** How much of the logs stays. */
export interface LogRetention {
  /** Default 30 days. */
  readonly maxAgeMs: number;
  /** Newest entries that stay. Default 100 000. */
  readonly maxEntries: number;
}

const defaultRetention: LogRetention = { maxAgeMs: 30 * 86_400_000, maxEntries: 100_000 };

/** Longest that an entry waits, ms. */
const waitMs = 250;
/** Between two batches, ms. */
const pauseMs = 1;
/** With so many it waits no longer: what waits survives garbage collections, each of which moves it. */
const enough = 100;
/** So many are a batch at most: what is put together for the store is so long at most that nobody waits for it. */
const batchSize = 500;
/** So many are held while they cannot be written. */
const mostHeld = 20_000;
const pruneEveryMs = 60_000;

/**
 * Gathers entries and writes them a batch at a time, so that a token never waits for its log. While the store is away they are held, up to
 * 20 000; of what comes beyond, the process log tells the number. Old ones are removed once a minute.
 */
export class StoreJournal implements TenantJournal {
  readonly #keeper: LogKeeper;
  readonly #parts: { domain: string; now: Now; setTimer: SetTimer; log: Log; retention?: LogRetention };
  readonly #tenant: string;
  readonly #nextId = logIds();
  #held: NewLogEntry[] = [];
  /** On its way to the store, also where that failed: with the same ids, so that nothing is kept twice. */
  #batch: readonly NewLogEntry[] = [];
  #lost = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(keeper: LogKeeper, parts: { domain: string; now: Now; setTimer: SetTimer; log: Log; retention?: LogRetention }) {
    this.#keeper = keeper;
    this.#parts = parts;
    this.#tenant = tenantNameOf(parts.domain);
  }

  write(entry: JournalEntry): void {
    const { now, log, setTimer } = this.#parts;
    const { type, description, clientId, ip } = entry;
    // Of tokens the process log has lines already: `token.issued`, `token.refused`.
    if (type !== 'seccft' && type !== 'feccft') log.info({ event: 'tenant.log', type, client_id: clientId, ip }, description);
    if (this.#held.length >= mostHeld) this.#lost += 1;
    else this.#held.push(this.#laidOut(entry, now()));
    if (this.#held.length >= enough && !this.#isFailing) void this.#write();
    else this.#timer ??= setTimer(() => void this.#write(), waitMs);
  }

  /** Writes what is held. Ends when it is written or has failed; what failed is held for the next time. */
  async flush(): Promise<void> {
    do await this.#write();
    while (this.#held.length > 0 && !this.#isFailing);
  }

  async #write(): Promise<void> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #writeBatch(): Promise<void> {
    if (this.#batch.length === 0) this.#batch = this.#held.splice(0, batchSize);
    try {
      if (this.#batch.length > 0) await this.#keeper.appendLogs(this.#batch);
      this.#batch = [];
      this.#isFailing = false;
      if (this.#held.length === 0) this.#tellLoss();
      await this.#prune();
    } catch (error) {
      this.#tellFailure(error);
    }
    this.#timer?.cancel();
    this.#timer = this.#timerForMore();
  }

  #timerForMore(): Timer | undefined {
    if (this.#held.length === 0 && this.#batch.length === 0) return undefined;
    return this.#parts.setTimer(() => void this.#write(), this.#held.length < enough || this.#isFailing ? waitMs : pauseMs);
  }

  #laidOut(entry: JournalEntry, atMs: number): NewLogEntry {
    return newLogEntry(entry, { id: this.#nextId(atMs), atMs, domain: this.#parts.domain, tenant: this.#tenant });
  }

  async #prune(): Promise<void> {
    const { now, retention = defaultRetention, log } = this.#parts;
    const nowMs = now();
    // A clock that was set back must not stop the pruning.
    if (Math.abs(nowMs - this.#prunedAtMs) < pruneEveryMs) return;
    this.#prunedAtMs = nowMs;
    try {
      await this.#keeper.pruneLogs({ olderThanMs: nowMs - retention.maxAgeMs, keep: retention.maxEntries });
    } catch (error) {
      log.warn({ event: 'logs.unpruned', err: error }, 'old log entries could not be removed; it is tried again in a minute');
    }
  }

  #tellFailure(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#parts.log.error(
      { event: 'logs.unwritten', held: this.#held.length + this.#batch.length, err: error },
      'log entries cannot be written; they are held',
    );
  }

  #tellLoss(): void {
    if (this.#lost === 0) return;
    this.#parts.log.error({ event: 'logs.lost', lost: this.#lost }, 'log entries were lost while the store was away');
    this.#lost = 0;
  }

  /** Writes what is held, if it can be, and waits no more. */
  async close(): Promise<void> {
    await this.flush();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lost += this.#held.length + this.#batch.length;
    this.#held = [];
    this.#batch = [];
    this.#tellLoss();
  }
}
