/** One hand-out of a token, or one call made with it, granted or refused. Holds no token and no path, which could hold personal data. */
export interface AuditEntry {
  /** What was asked for: to read a token, to have it replaced after a rejection, to call an API. */
  readonly event: 'token.read' | 'token.reject' | 'proxy.call';
  /** Name of the app, or in brackets who else it was. */
  readonly app: string;
  /** Address that the request came in on. */
  readonly listener: string;
  /** Name of the token; empty where the request named none that there is. */
  readonly token: string;
  readonly fingerprint: string | undefined;
  /** Method and rule or route pattern, such as `GET /api/v2/clients/*`. */
  readonly pattern: string;
  readonly status: number;
  readonly ms: number;
}

/** Who has no name: the holder of a live token, a client of an issuer that is passed through, and whoever gave no good key. */
export type Nameless = '(live token)' | '(passed through)' | '(unknown)';

/** The entry as one line of JSON without its end. `time` is ISO 8601. */
export function formatAuditLine(time: string, entry: AuditEntry): string {
  const { event, app, listener, token, fingerprint, pattern, status, ms } = entry;
  return JSON.stringify({ time, event, app, listener, token, fingerprint, pattern, status, ms: Math.round(ms * 10) / 10 });
}
