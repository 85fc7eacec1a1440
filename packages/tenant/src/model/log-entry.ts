/** An entry of the tenant's logs as it is kept. */
export interface LogEntry {
  /** Digits; sorts by time, also across nodes. */
  readonly id: string;
  readonly atMs: number;
  readonly type: string;
  readonly clientId: string | undefined;
  /** What the Management API shows (contract §5.6), with `log_id` and `_id`. */
  readonly event: Readonly<Record<string, unknown>>;
}
