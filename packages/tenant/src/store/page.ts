/** Which part of a list is wanted: by number, or what follows a place that an earlier page named. */
export type PageRequest =
  | { readonly kind: 'offset'; readonly offset: number; readonly limit: number }
  | { readonly kind: 'after'; readonly after: string | undefined; readonly limit: number };

/** Part of a list in its lasting order. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Records on all pages together; undefined for a page after a place, for which nobody counts them. */
  readonly total: number | undefined;
  /** Place after the last of `items`; undefined where nothing follows. */
  readonly next: string | undefined;
}

/** Which entries of the logs; what is not given does not matter. */
export interface LogFilter {
  readonly types?: readonly string[] | undefined;
  readonly clientId?: string | undefined;
  /** Epoch milliseconds: at this time or later. */
  readonly sinceMs?: number | undefined;
}

/** A page of the logs. A place is the id of an entry, there or not. */
export interface LogQuery {
  readonly filter?: LogFilter | undefined;
  readonly order: 'oldest first' | 'newest first';
  readonly page: PageRequest;
}
