/** An entry of the tenant's logs. */
export interface LogEntry {
  /** Digits; sorts by time, also across nodes. */
  readonly id: string;
  readonly atMs: number;
  readonly type: string;
  readonly clientId: string | undefined;
  /** What the Management API shows, where the other fields do not tell it: see `shownLogEntry`. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** An entry that is to be kept. Thousands may wait for that, and a text costs the garbage collector less than an object. */
export interface NewLogEntry extends Omit<LogEntry, 'event'> {
  /** JSON of {@link LogEntry.event}. Of entries that differ in nothing else than their id and time it is one and the same. */
  readonly event: string;
}
