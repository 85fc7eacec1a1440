import type { Log } from '@evertoken/service';
import type { Now, SetTimer, Timer } from '../clock.ts';
import type { NewLogEntry } from '../model/log-entry.ts';
import type { JournalEntry, TenantJournal } from './journal-entry.ts';
import { logEventOf } from './log-event.ts';
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

/** An entry waits no longer than this, ms. */
const waitMs = 250;
/** Pause between two batches, ms. */
const pauseMs = 1;
/** As soon as so many entries are held they are written: what waits survives garbage collections, each of which moves it. */
const enough = 250;
/** A batch has at most so many entries, and characters unless a single entry is longer: nobody waits long while it is put together for the store. */
const [batchEntries, batchLength] = [500, 1_000_000];
/** So many entries, and about so many characters of them, are held while they cannot be written. Strangers choose how long an entry is. */
const [mostEntries, mostLength] = [20_000, 32_000_000];
const pruneEveryMs = 60_000;

type HeldEntry = Omit<NewLogEntry, 'id'>;

/**
 * Gathers log entries and writes them a batch at a time, so that a token never waits for its log entry. While the store is away the entries are held, up
 * to 20 000 of them and 32 million characters; further ones are lost, and the process log tells how many. Old entries are removed once a minute.
 */
export class StoreJournal implements TenantJournal {
  readonly #keeper: LogKeeper;
  readonly #parts: { now: Now; setTimer: SetTimer; log: Log; retention?: LogRetention };
  readonly #nextId: (atMs: number) => string;
  #last: { entry: JournalEntry | undefined; event: string } = { entry: undefined, event: '' };
  #held: HeldEntry[] = [];
  /** Characters of all that are held. */
  #heldLength = 0;
  /** The entries on their way to the store. Where that failed they are tried again with the same ids, so that none is kept twice. */
  #batch: readonly NewLogEntry[] = [];
  #lost = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #pruning: Promise<void> | undefined;
  #isFailing = false;
  #isClosed = false;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  /** `after`: the id of the newest entry there is. What is written sorts after it, also where the clock was ahead then. */
  constructor(
    keeper: LogKeeper,
    { after, ...parts }: { now: Now; setTimer: SetTimer; log: Log; retention?: LogRetention; after?: string | undefined },
  ) {
    this.#keeper = keeper;
    this.#parts = parts;
    this.#nextId = logIds(after);
  }

  write(entry: JournalEntry): void {
    const { now, log, setTimer } = this.#parts;
    const { type, description, clientId, ip } = entry;
    // The process log has lines for tokens already: `token.issued`, `token.refused`.
    if (type !== 'seccft' && type !== 'feccft') log.info({ event: 'tenant.log', type, client_id: clientId, ip }, description);
    if (this.#isClosed || this.#held.length >= mostEntries || this.#heldLength >= mostLength) this.#lost += 1;
    else this.#hold(this.#laidOut(entry, now()));
    if (this.#isClosed) this.#tellLoss();
    else if (this.#held.length >= enough && !this.#isFailing) void this.#write();
    else this.#timer ??= setTimer(() => void this.#write(), waitMs);
  }

  /** Writes all that is held. Ends when it is written or a batch has failed; that one is tried again the next time. */
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
    if (this.#batch.length === 0) this.#batch = this.#takeBatch();
    try {
      if (this.#batch.length > 0) await this.#keeper.appendLogs(this.#batch);
      this.#batch = [];
      this.#isFailing = false;
      if (this.#held.length === 0) this.#tellLoss();
      // Not waited for: it takes seconds after a busy minute, and the entries of those seconds are to be written meanwhile.
      this.#pruning ??= this.#prune().finally(() => {
        this.#pruning = undefined;
      });
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

  #hold(entry: HeldEntry): void {
    this.#held.push(entry);
    this.#heldLength += lengthOf(entry);
  }

  #takeBatch(): readonly NewLogEntry[] {
    let [count, length] = [0, 0];
    for (const entry of this.#held) {
      if (count === batchEntries || (count > 0 && length + lengthOf(entry) > batchLength)) break;
      count += 1;
      length += lengthOf(entry);
    }
    this.#heldLength -= length;
    // Their ids are made now: others write meanwhile, and whoever follows the logs from one id to the next would never see what is put before the last.
    const nowMs = this.#parts.now();
    return this.#held.splice(0, count).map(({ atMs, type, clientId, event }) => ({ id: this.#nextId(nowMs), atMs, type, clientId, event }));
  }

  #laidOut(entry: JournalEntry, atMs: number): HeldEntry {
    // A herd writes the same entry over and over.
    if (entry !== this.#last.entry) this.#last = { entry, event: logEventOf(entry) };
    return { atMs, type: entry.type, clientId: entry.clientId, event: this.#last.event };
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

  /** Writes what is held, if that can be done now. What is left then, and what comes later, is lost, and the process log tells so. */
  async close(): Promise<void> {
    await this.flush();
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lost += this.#held.length + this.#batch.length;
    [this.#held, this.#heldLength, this.#batch] = [[], 0, []];
    this.#tellLoss();
    await this.#pruning;
  }
}

function lengthOf({ clientId, event }: HeldEntry): number {
  return event.length + (clientId?.length ?? 0);
}
