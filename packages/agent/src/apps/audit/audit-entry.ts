/** One hand-out of a token, or one call made with it, granted or refused. Holds no token and no path, which could hold personal data. */
export interface AuditEntry {
  /** What was asked for: to read a token, to have it replaced after a rejection, to call an API. */
  readonly event: 'token.read' | 'token.reject' | 'proxy.call';
  /** Name of the app; or `(live token)` for a caller that holds one, `(passed through)` for an issuer's own client, `(unknown)` without a valid key. */
  readonly app: string;
  /** Address that the request came in on. */
  readonly listener: string;
  /** Name of the token; empty where the request named no token that exists. */
  readonly token: string;
  readonly fingerprint: string | undefined;
  /** Method and rule or route pattern, such as `GET /api/v2/clients/*`. */
  readonly pattern: string;
  readonly status: number;
  readonly ms: number;
}

/** The entry as one line of JSON without its end. `time` is ISO 8601. */
export function formatAuditLine(time: string, entry: AuditEntry): string {
  const { event, app, listener, token, fingerprint, pattern, status, ms } = entry;
  return JSON.stringify({ time, event, app, listener, token, fingerprint, pattern, status, ms: Math.round(ms * 10) / 10 });
}
