import type { ShownLogEntry } from '@evertoken/tenant/contract';
import { type ReadonlySignal, signal } from '@preact/signals';
import { browserClock } from '../../parts/page-clock.ts';
import { callApi, queryOf } from '../management/management-api.ts';

/** Which entries are wanted; empty: all. */
export interface LogFilter {
  readonly type: string;
  readonly clientId: string;
}

/** What was read of the log. */
export interface LogView {
  /** Newest first. */
  readonly entries: readonly ShownLogEntry[];
  /** Whether there may be older ones that can be asked for. */
  readonly hasOlder: boolean;
}

const pageSize = 100;
// As they come; more only where older ones were asked for.
const mostFollowed = 500;
const stepMs = 2_000;

/** The entries of the log that a filter lets through. */
export class LogFeed {
  readonly #filter: LogFilter;
  readonly #view = signal<LogView | undefined>(undefined);
  /** The entry behind which is read on, whether the filter lets it through or not. */
  #afterId: string | undefined;
  #mostShown = mostFollowed;
  #beginnings = 0;

  constructor(filter: LogFilter) {
    this.#filter = filter;
  }

  /** Undefined before the first answer. */
  get view(): ReadonlySignal<LogView | undefined> {
    return this.#view;
  }

  /**
   * Reads the newest entries anew and then, unless `isOnce`, new ones as they come, until `signal` is aborted. The first look filters at the tenant; what
   * comes after it is read by checkpoint, which knows no filter, and chosen here. A failed step is told to `onProblem`, and tried again.
   */
  async follow({
    isOnce,
    onProblem,
    signal: ending,
  }: {
    isOnce: boolean;
    onProblem: (text: string | undefined) => void;
    signal: AbortSignal;
  }): Promise<void> {
    let isBegun = false;
    while (!ending.aborted) {
      let isBehind = false;
      try {
        const view = isBegun ? await this.#readOn() : await this.#begin();
        if (ending.aborted) return;
        isBegun = true;
        isBehind = view.isBehind;
        onProblem(undefined);
        if (isOnce) return;
      } catch (error) {
        if (!ending.aborted) onProblem((error as Error).message);
      }
      // A tenant that is busier than this is followed without a pause.
      if (!isBehind) await pause(ending);
    }
  }

  /** Reads a page of older ones behind those that are shown. */
  async readOlder(): Promise<void> {
    // Nothing is cut off meanwhile behind which these would stand.
    this.#mostShown = Number.POSITIVE_INFINITY;
    try {
      await this.#readBehind(this.#beginnings);
    } finally {
      this.#mostShown = Math.max(mostFollowed, this.#shown.length);
    }
  }

  async #readBehind(beginning: number): Promise<void> {
    // By the place of the last one: pages by number are moved on by what comes meanwhile, and end with the thousandth entry.
    const older = await newest(searchOf(this.#filter, this.#shown.at(-1)?.log_id));
    // What is shown was read anew meanwhile: these would stand behind a gap.
    if (beginning !== this.#beginnings) return;
    this.#view.value = { entries: [...this.#shown, ...older], hasOlder: older.length === pageSize };
  }

  get #shown(): readonly ShownLogEntry[] {
    return this.#view.value?.entries ?? [];
  }

  async #begin(): Promise<{ isBehind: boolean }> {
    // Before those that are shown: an entry that comes meanwhile is seen twice rather than never. Behind the oldest of them: where several nodes write, one
    // may come that stands before the newest.
    const afterId = (await newest('')).at(-1)?.log_id;
    const entries = await newest(searchOf(this.#filter));
    this.#beginnings += 1;
    this.#afterId = afterId;
    this.#mostShown = mostFollowed;
    this.#view.value = { entries, hasOlder: entries.length === pageSize };
    return { isBehind: false };
  }

  async #readOn(): Promise<{ isBehind: boolean }> {
    const after = this.#afterId;
    const beginning = this.#beginnings;
    const fresh: readonly ShownLogEntry[] =
      after === undefined ? await newest('') : await callApi('GET', `/logs${queryOf({ from: after, take: pageSize })}`);
    // By one that goes on where this one was ended.
    if (beginning !== this.#beginnings) return { isBehind: false };
    // By checkpoint the oldest come first, by number the newest: read on is from the last of either.
    this.#afterId = fresh.at(-1)?.log_id ?? after;
    const known = new Set(this.#shown.map(({ log_id: id }) => id));
    const wanted = fresh.filter((entry) => matches(entry, this.#filter) && !known.has(entry.log_id));
    if (wanted.length > 0) {
      const all = [...wanted, ...this.#shown].sort(newestFirst);
      const entries = all.slice(0, this.#mostShown);
      const hasOlder = this.#view.value?.hasOlder === true || entries.length < all.length;
      this.#view.value = { entries, hasOlder };
    }
    return { isBehind: after !== undefined && fresh.length === pageSize };
  }
}

/** As the tenant sorts them: by an id that tells when an entry was stored. */
const newestFirst = ({ log_id: a = '' }: ShownLogEntry, { log_id: b = '' }: ShownLogEntry): number => (a < b ? 1 : a > b ? -1 : 0);

async function newest(search: string): Promise<readonly ShownLogEntry[]> {
  const q = search === '' ? undefined : search;
  return await callApi('GET', `/logs${queryOf({ page: 0, per_page: pageSize, sort: 'date:-1', q })}`);
}

/** The search for what the filter lets through, of what is before `beforeId`. */
function searchOf({ type, clientId }: LogFilter, beforeId?: string): string {
  return [
    ...(type === '' ? [] : [`type:${phrase(type)}`]),
    ...(clientId === '' ? [] : [`client_id:${phrase(clientId)}`]),
    ...(beforeId === undefined ? [] : [`log_id:[* TO ${beforeId}}`]),
  ].join(' AND ');
}

/** A text as it is, in the language of the search. */
const phrase = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

const matches = (entry: ShownLogEntry, { type, clientId }: LogFilter): boolean =>
  (type === '' || entry.type === type) && (clientId === '' || entry['client_id'] === clientId);

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = browserClock.setTimer(done, stepMs);
    function done(): void {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
