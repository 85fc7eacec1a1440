import type { ShownClient } from '@evertoken/tenant/contract';
import { browserClock } from '../../parts/page-clock.ts';
import { callApi, queryOf } from '../management/management-api.ts';

/** Of an application what a list shows. */
export type ListedApplication = Pick<ShownClient, 'client_id' | 'name' | 'app_type' | 'global' | 'token_quota'>;

const fields = 'client_id,name,app_type,global,token_quota';
const keepMs = 60_000;

let kept: { readonly applications: readonly ListedApplication[]; readonly at: number } | undefined;

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
 * Applications whose name or id has `text` in it. The Management API cannot search by name: the list is read once, by checkpoint, and kept for a minute.
 * `onProgress` is told what was found of how many; an aborted search ends without an answer.
 */
export async function searchApplications(
  text: string,
  onProgress: (found: readonly ListedApplication[], searched: number, isAll: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const wanted = text.toLowerCase();
  const matches = ({ name = '', client_id: id = '' }: ListedApplication): boolean =>
    name.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted);
  if (kept !== undefined && browserClock.now() < kept.at + keepMs) {
    onProgress(kept.applications.filter(matches), kept.applications.length, true);
    return;
  }
  const all: ListedApplication[] = [];
  let from: string | undefined;
  do {
    const query = queryOf({ take: 100, from, fields, include_fields: true, is_global: false });
    const { next, clients } = await callApi<{ next?: string; clients: readonly ListedApplication[] }>('GET', `/clients${query}`);
    if (signal.aborted) return;
    all.push(...clients);
    from = next;
    if (next === undefined) kept = { applications: all, at: browserClock.now() };
    onProgress(all.filter(matches), all.length, next === undefined);
  } while (from !== undefined);
}

/** An application was made, changed or removed here: the next search reads the list anew. */
export function forgetApplications(): void {
  kept = undefined;
}
