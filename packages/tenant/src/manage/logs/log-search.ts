import type { LogFilter } from '../../store/page.ts';
import { manageRefusals } from '../manage-refusal.ts';

const known = 'type:"…" and client_id:"…", joined by AND';

/** Which entries `q` asks for. Throws {@link ManageRefusal} for what this tenant cannot search by, rather than answer with what was not asked for. */
export function logFilter(q: string | undefined): LogFilter {
  if (q === undefined || q.trim() === '' || q.trim() === '*') return {};
  const filter: { types?: string[]; clientId?: string } = {};
  for (const term of q.trim().split(/\s+AND\s+/)) {
    const [, name, value] = /^(type|client_id):\s*("[^"]*"|\([^()]*\)|[\w.-]+)$/.exec(term) ?? [];
    const values = value?.replaceAll(/["()]/g, '').split(/\s+OR\s+/) ?? [];
    const isRepeated = name === 'type' ? filter.types !== undefined : filter.clientId !== undefined;
    if (name === 'type' && !isRepeated) filter.types = values;
    else if (name === 'client_id' && !isRepeated && values.length === 1) filter.clientId = values[0] ?? '';
    else throw manageRefusals.invalidQuery(`Query validation error: 'This tenant can search its logs by ${known} alone' on property q.`);
  }
  return filter;
}
