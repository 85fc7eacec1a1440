/** An entry of the tenant's logs. */
export interface LogEntry {
  /** Digits; sorts by time, also across nodes. */
  readonly id: string;
  readonly atMs: number;
  readonly type: string;
  readonly clientId: string | undefined;
  /** What the Management API shows, with `log_id` and `_id`. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** An entry that is to be kept. Thousands may wait for that, and a text costs the garbage collector less than an object. */
export interface NewLogEntry extends Omit<LogEntry, 'event'> {
  /** JSON of {@link LogEntry.event}. */
  readonly event: string;
}
