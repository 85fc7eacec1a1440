import { Writable } from 'node:stream';
import { createLog } from '@evertoken/service';
import type { SetTimer } from '../src/clock.ts';
import { StoreJournal } from '../src/log/store-journal.ts';
import type { LogEntry, LogRun } from '../src/model/log-entry.ts';
import { entriesOf, logRowOf } from '../src/store/log-row.ts';

/** When the clock of {@link aJournal} begins. */
export const startMs = 1_790_000_000_000;

/** A journal into a keeper that may be made to fail or to hang, with a clock of its own. */
export function aJournal(): {
  readonly journal: StoreJournal;
  /** Writes so many entries, described by their number. */
  readonly writeMany: (count: number) => void;
  readonly clock: { nowMs: number };
  /** The lines of the process log. */
  readonly lines: readonly Record<string, unknown>[];
  readonly timers: readonly { wake: () => void; delayMs: number }[];
  /** `isForgetful`: the keeper keeps what it is given, and fails then. */
  readonly state: { isAway: boolean; isForgetful: boolean; hold: Promise<void>; pruning: Promise<void> };
  readonly batches: readonly LogEntry[][];
  readonly runs: readonly LogRun[];
  readonly prunes: readonly { olderThanMs: number; keep: number }[];
  /** Of all entries that are kept. */
  readonly descriptions: () => unknown[];
} {
  const clock = { nowMs: startMs };
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const timers: { wake: () => void; delayMs: number }[] = [];
  const setTimer: SetTimer = (wake, delayMs) => {
    const timer = { wake, delayMs };
    timers.push(timer);
    return { cancel: () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1)) };
  };
  const writeMany = (count: number): void => {
    for (let number = 0; number < count; number += 1) journal.write({ type: 'seccft', description: String(number) });
  };
  const state = { isAway: false, isForgetful: false, hold: Promise.resolve(), pruning: Promise.resolve() };
  const batches: LogEntry[][] = [];
  const runs: LogRun[] = [];
  const prunes: { olderThanMs: number; keep: number }[] = [];
  const keeper = {
    appendLogs: async (batch: readonly LogRun[]) => {
      await state.hold;
      if (state.isAway) throw new Error('the store is away');
      runs.push(...batch);
      batches.push(batch.flatMap((run) => entriesOf(logRowOf(run))));
      if (state.isForgetful) throw new Error('the connection broke off');
    },
    isLogKept: async (id: string) => batches.flat().some((entry) => entry.id === id),
    pruneLogs: async (bounds: { olderThanMs: number; keep: number }) => {
      prunes.push(bounds);
      await state.pruning;
    },
  };
  const log = createLog({ program: 'tenant-test', pretty: false, destination });
  const retention = { maxAgeMs: 1_000, maxEntries: 10 };
  const journal = new StoreJournal(keeper, { now: () => clock.nowMs, setTimer, log, retention });
  const descriptions = (): unknown[] => batches.flat().map(({ event }) => event['description']);
  return { journal, writeMany, clock, lines, timers, state, batches, runs, prunes, descriptions };
}
