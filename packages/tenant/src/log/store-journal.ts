import type { Log } from '@evertoken/service';
import type { Now, SetTimer, Timer } from '../clock.ts';
import type { LogRun } from '../model/log-entry.ts';
import { logIds, longestRun } from '../model/log-id.ts';
import type { JournalEntry, TenantJournal } from './journal-entry.ts';
import { logEventOf } from './log-event.ts';

/** Where entries are kept. */
export interface LogKeeper {
  appendLogs(runs: readonly LogRun[]): Promise<void>;
  /** Whether the run that begins with this id is kept; not answered while a call that failed may still come to keep it. */
  isLogKept(id: string): Promise<boolean>;
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
/** As soon as so many runs are held they are written: what waits survives garbage collections, each of which moves it. */
const enough = 250;
/** A batch has at most so many runs, and characters unless a single one is longer: nobody waits long while it is put together for the store. */
const [batchRuns, batchLength] = [500, 1_000_000];
/** So many runs, and about so many characters of them, are held while they cannot be written. Strangers choose how long an entry is. */
const [mostRuns, mostLength] = [20_000, 32_000_000];
/** Ids of a batch that could not be written are given anew after this, ms: long before those who follow the logs take them for settled. */
const staleMs = 3_000;
const pruneEveryMs = 60_000;
/** What a number in the times of a run counts as. */
const charactersOfTime = 8;

/** A run that may grow, without its id. */
interface HeldRun extends Pick<LogRun, 'atMs' | 'type' | 'clientId' | 'event'> {
  count: number;
  times: number[] | undefined;
}

/**
 * Gathers log entries and writes them a batch at a time, so that a token never waits for its log entry. An entry that is written over and over is held, and
 * written, as one run. While the store is away the entries are held, up to 20 000 runs and 32 million characters of them; further ones are lost, and the
 * process log tells how many. Old entries are removed once a minute.
 */
export class StoreJournal implements TenantJournal {
  readonly #keeper: LogKeeper;
  readonly #parts: { now: Now; setTimer: SetTimer; log: Log; retention?: LogRetention };
  readonly #nextId: (atMs: number, count: number) => string;
  #held: HeldRun[] = [];
  /** What was written last, and the run it is held in. */
  #last: { readonly entry: JournalEntry; readonly run: HeldRun } | undefined;
  /** Characters of all that are held. */
  #heldLength = 0;
  /** What is on its way to the store. Where that failed it is soon tried again, with the same ids, so that nothing is kept twice. */
  #batch: readonly LogRun[] = [];
  #batchAtMs = 0;
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
    if (this.#isClosed || this.#held.length >= mostRuns || this.#heldLength >= mostLength) this.#lost += 1;
    else this.#hold(entry, now());
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
    try {
      await this.#prepareBatch();
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

  #hold(entry: JournalEntry, atMs: number): void {
    const last = this.#last;
    if (last?.entry === entry && last.run.count < longestRun && this.#held.at(-1) === last.run) {
      this.#heldLength += lengthened(last.run, atMs);
      return;
    }
    const run = { atMs, type: entry.type, clientId: entry.clientId, event: logEventOf(entry), count: 1, times: undefined };
    this.#last = { entry, run };
    this.#held.push(run);
    this.#heldLength += lengthOf(run);
  }

  async #prepareBatch(): Promise<void> {
    const [first] = this.#batch;
    const nowMs = this.#parts.now();
    if (first === undefined) {
      this.#batch = this.#withIds(this.#takeBatch(), nowMs);
    } else if (Math.abs(nowMs - this.#batchAtMs) >= staleMs) {
      // It is kept whole or not at all: a call that failed may have kept it all the same.
      const isKept = await this.#keeper.isLogKept(first.id);
      this.#batch = isKept ? [] : this.#withIds(this.#batch, nowMs);
    }
  }

  #takeBatch(): readonly HeldRun[] {
    let [count, length] = [0, 0];
    for (const run of this.#held) {
      if (count === batchRuns || (count > 0 && length + lengthOf(run) > batchLength)) break;
      count += 1;
      length += lengthOf(run);
    }
    this.#heldLength -= length;
    return this.#held.splice(0, count);
  }

  // Their ids are made when they are written: others write meanwhile, and whoever follows the logs from one id to the next would never see what is put before
  // the last.
  #withIds(runs: readonly (HeldRun | LogRun)[], nowMs: number): readonly LogRun[] {
    this.#batchAtMs = nowMs;
    return runs.map(({ atMs, type, clientId, event, count, times }) => ({
      id: this.#nextId(nowMs, count),
      atMs,
      type,
      clientId,
      event,
      count,
      times,
    }));
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
      { event: 'logs.unwritten', held: entriesIn(this.#held) + entriesIn(this.#batch), err: error },
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
    this.#lost += entriesIn(this.#held) + entriesIn(this.#batch);
    [this.#held, this.#heldLength, this.#batch] = [[], 0, []];
    this.#tellLoss();
    await this.#pruning;
  }
}

function lengthOf({ clientId, event, times }: HeldRun): number {
  return event.length + (clientId?.length ?? 0) + (times === undefined ? 0 : times.length * charactersOfTime);
}

/** Adds to `run` the same entry again, which came at `atMs`. Answers how many characters longer it is. */
function lengthened(run: HeldRun, atMs: number): number {
  const before = run.times?.length ?? 0;
  run.times ??= [0, run.count];
  run.count += 1;
  const { times } = run;
  const [afterMs, last] = [atMs - run.atMs, times.length - 1];
  if (times[last - 1] === afterMs) times[last] = (times[last] ?? 0) + 1;
  else times.push(afterMs, 1);
  return (times.length - before) * charactersOfTime;
}

function entriesIn(runs: readonly { readonly count: number }[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}
