import type { Log } from '@evertoken/service';

/** One hand-out of a token, or one call made with it. Holds no token and no path, which could hold personal data. */
export interface AuditEntry {
  /** What was done: a token was read, a token was reported as rejected, an API was called. */
  readonly event: 'token.read' | 'token.reject' | 'proxy.call';
  /** Name of the app; undefined for the holder of a live token. */
  readonly app: string | undefined;
  /** Address that the request came in on. */
  readonly listener: string;
  readonly token: string;
  readonly fingerprint: string | undefined;
  /** Method and rule or route pattern, such as `GET /api/v2/clients/*`. */
  readonly pattern: string;
  readonly status: number;
  readonly ms: number;
}

/** Writes the line that tells who got what. */
export function audit(log: Log, entry: AuditEntry): void {
  const { app, ms, ...rest } = entry;
  log.info(
    { ...rest, app: app ?? '(live token)', ms: Math.round(ms) },
    `${app ?? 'holder of the live token'} ${entry.pattern} ${entry.status}`,
  );
}
