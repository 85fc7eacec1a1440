import type { ShownClient } from '@evertoken/tenant/contract';
import { browserClock } from '../../parts/page-clock.ts';
import { callApi, queryOf } from '../management/management-api.ts';

/** Of an application what a list shows. */
export type ListedApplication = Pick<ShownClient, 'client_id' | 'name' | 'app_type' | 'global' | 'token_quota'>;

const fields = 'client_id,name,app_type,global,token_quota';
const keepMs = 60_000;

/** Of the list of all applications what was read of it. */
interface KnownList {
  readonly applications: ListedApplication[];
  /** Where it goes on; undefined before its first page. */
  from: string | undefined;
  isAll: boolean;
  /** When its last page was read. */
  at: number;
  /** That its next page is being read. */
  reading: Promise<void> | undefined;
}

let known: KnownList | undefined;

/** A page of all applications, as the tenant counts them. */
export async function applicationPage(
  page: number,
  size: number,
  filter: { app_type?: string } = {},
): Promise<{ total: number; clients: readonly ListedApplication[] }> {
  const query = queryOf({ page, per_page: size, include_totals: true, fields, include_fields: true, is_global: false, ...filter });
  return await callApi('GET', `/clients${query}`);
}

/**
 * Applications whose name or id has `text` in it. The Management API cannot search by name: the list is read once, by checkpoint, and kept for a minute;
 * another search goes on where one that was aborted had come to. `onProgress` is told what was found of how many; an aborted search ends without an answer.
 */
export async function searchApplications(
  text: string,
  onProgress: (found: readonly ListedApplication[], searched: number, isAll: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const wanted = text.toLowerCase();
  const matches = ({ name = '', client_id: id = '' }: ListedApplication): boolean =>
    name.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted);
  const list = presentList();
  const tell = (): void => onProgress(list.applications.filter(matches), list.applications.length, list.isAll);
  if (list.isAll || list.applications.length > 0) tell();
  while (!list.isAll && !signal.aborted) {
    await nextPage(list);
    tell();
  }
}

/** An application was made, changed or removed here: the next search reads the list anew. */
export function forgetApplications(): void {
  known = undefined;
}

function presentList(): KnownList {
  if (known === undefined || (known.reading === undefined && browserClock.now() >= known.at + keepMs)) {
    known = { applications: [], from: undefined, isAll: false, at: browserClock.now(), reading: undefined };
  }
  return known;
}

/** Searches that want the same page share it. */
async function nextPage(list: KnownList): Promise<void> {
  list.reading ??= readPage(list).finally(() => {
    list.reading = undefined;
  });
  await list.reading;
}

async function readPage(list: KnownList): Promise<void> {
  const query = queryOf({ take: 100, from: list.from, fields, include_fields: true, is_global: false });
  const { next, clients } = await callApi<{ next?: string; clients: readonly ListedApplication[] }>('GET', `/clients${query}`);
  list.applications.push(...clients);
  list.from = next;
  list.isAll = next === undefined;
  list.at = browserClock.now();
}
