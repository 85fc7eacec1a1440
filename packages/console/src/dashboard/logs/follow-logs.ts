import type { ShownLogEntry } from '@evertoken/tenant/contract';
import { browserClock } from '../../parts/page-clock.ts';
import { callApi, queryOf } from '../management/management-api.ts';

/** Which entries are wanted; empty: all. */
export interface LogFilter {
  readonly type: string;
  readonly clientId: string;
}

const mostShown = 500;
const stepMs = 2_000;
const stepSize = 100;

/**
 * Tells `onChange` the newest entries, newest first, and again as new ones come, until `signal` is aborted. The first look filters at the tenant; what
 * comes after it is read by checkpoint, which knows no filter, and chosen here. A failed step is told to `onProblem`, and tried again.
 */
export async function followLogs(
  filter: LogFilter,
  {
    onChange,
    onProblem,
    signal,
  }: { onChange: (entries: readonly ShownLogEntry[]) => void; onProblem: (text: string | undefined) => void; signal: AbortSignal },
): Promise<void> {
  let entries: readonly ShownLogEntry[] | undefined;
  let after: string | undefined;
  let isBehind = false;
  while (!signal.aborted) {
    try {
      if (entries === undefined) {
        // Before those that are shown: an entry that comes meanwhile is seen twice rather than never.
        after = (await newest(''))[0]?.log_id;
        entries = await newest(searchOf(filter));
      } else {
        const fresh: readonly ShownLogEntry[] =
          after === undefined ? await newest('') : await callApi('GET', `/logs${queryOf({ from: after, take: stepSize })}`);
        const ordered = after === undefined ? fresh : [...fresh].reverse();
        after = ordered[0]?.log_id ?? after;
        isBehind = after !== undefined && fresh.length === stepSize;
        const known = new Set(entries.map(({ log_id: id }) => id));
        const wanted = ordered.filter((entry) => matches(entry, filter) && !known.has(entry.log_id));
        if (wanted.length > 0) entries = [...wanted, ...entries].slice(0, mostShown);
      }
      if (signal.aborted) return;
      onChange(entries);
      onProblem(undefined);
    } catch (error) {
      isBehind = false;
      if (!signal.aborted) onProblem((error as Error).message);
    }
    // A tenant that is busier than this is followed without a pause.
    if (!isBehind) await pause(signal);
  }
}

async function newest(search: string): Promise<readonly ShownLogEntry[]> {
  const q = search === '' ? undefined : search;
  return await callApi('GET', `/logs${queryOf({ page: 0, per_page: 100, sort: 'date:-1', q })}`);
}

function searchOf({ type, clientId }: LogFilter): string {
  return [...(type === '' ? [] : [`type:"${type}"`]), ...(clientId === '' ? [] : [`client_id:"${clientId}"`])].join(' AND ');
}

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
