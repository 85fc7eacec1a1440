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

/**
 * Entries that are to be kept and came one after the other, the same but for their ids and times: a herd's, and mostly one alone. Thousands may wait for that,
 * and a text costs the garbage collector less than an object.
 */
export interface LogRun extends Omit<LogEntry, 'event'> {
  // `id` and `atMs` are those of the first. The others have the ids that follow: `logIdFollowing`.
  /** JSON of {@link LogEntry.event}. */
  readonly event: string;
  /** How many there are. */
  readonly count: number;
  /** When they came, where they are several: by turns the milliseconds after `atMs`, and how many came then. The first is among them. */
  readonly times?: readonly number[] | undefined;
}
