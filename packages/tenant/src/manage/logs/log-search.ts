import { shownLogEntry } from '../../log/shown-log-entry.ts';
import type { LogFilter } from '../../store/page.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { filterOf, holds } from './log-condition.ts';
import { LogQueryError, parseLogQuery } from './log-query.ts';

/**
 * Which entries of the tenant at `domain` the search `q` asks for.
 * @throws {ManageRefusal} 400 for what is not understood, rather than answer with what was not asked for.
 */
export function logFilter(q: string | undefined, domain: string): LogFilter {
  try {
    const condition = parseLogQuery(q ?? '');
    return condition === undefined ? {} : filterOf(condition, (entry) => holds(condition, shownLogEntry(entry, domain)));
  } catch (error) {
    if (!(error instanceof LogQueryError)) throw error;
    throw manageRefusals.invalidQuery(`Query validation error: 'The search is not understood: ${error.message}' on property q.`);
  }
}
