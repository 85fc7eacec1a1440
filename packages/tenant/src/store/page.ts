import type { LogEntry } from '../model/log-entry.ts';

/** Which part of a list is wanted: from a position on (`offset`), or what follows a place that an earlier page named (`after`). */
export type PageRequest =
  | { readonly kind: 'offset'; readonly offset: number; readonly limit: number }
  | { readonly kind: 'after'; readonly after: string | undefined; readonly limit: number };

/** Part of a list in its lasting order. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Number of records on all pages together. It is counted only for pages by `offset`, and undefined for others. */
  readonly total: number | undefined;
  /** Place after the last of `items`; undefined where nothing follows. */
  readonly next: string | undefined;
}

/** Which entries of the logs are wanted. A field that is left out does not matter. */
export interface LogFilter {
  readonly types?: readonly string[] | undefined;
  readonly clientId?: string | undefined;
  readonly search?: LogSearch | undefined;
}

/** Entries that are found by looking at each. */
export interface LogSearch {
  readonly matches: (entry: LogEntry) => boolean;
  /** Epoch milliseconds: none that matches is older. */
  readonly sinceMs?: number | undefined;
  /** No id of one that matches sorts after it. */
  readonly upTo?: string | undefined;
}

/** A page of the logs. A place is the id of an entry, there or not. */
export interface LogQuery {
  readonly filter?: LogFilter | undefined;
  readonly order: 'oldest first' | 'newest first';
  /** `countUpTo`: a search may end with that total, where there are more. `before`: only entries whose ids sort before it. */
  readonly page:
    | (Extract<PageRequest, { kind: 'offset' }> & { readonly countUpTo?: number | undefined })
    | (Extract<PageRequest, { kind: 'after' }> & { readonly before?: string | undefined });
}
