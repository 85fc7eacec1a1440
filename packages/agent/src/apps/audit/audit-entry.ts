/** One hand-out of a token, or one call made with it, granted or refused. Holds no token and no path, which could hold personal data. */
export interface AuditEntry {
  /** What was asked for: to read a token, to have it replaced after a rejection, to call an API. */
  readonly event: 'token.read' | 'token.reject' | 'proxy.call';
  /** Name of the app; or `(live token)` for a caller that holds one, `(passed through)` for an issuer's own client, `(unknown)` without a valid key. */
  readonly app: string;
  /** Of an issuer's own client, its `client_id`; of one that the issuer has not vouched for, the first half, 16 characters at most. Visible ASCII alone. */
  readonly clientId?: string | undefined;
  /** Address that the request came in on. */
  readonly listener: string;
  /** Name of the token; empty where the request named no token that exists. */
  readonly token: string;
  /** Of the token that was handed out, or that a call was made with, also where the API was not reached; of two that were sent, the second. */
  readonly fingerprint: string | undefined;
  /** Method and rule or route pattern, such as `GET /api/v2/clients/*`. */
  readonly pattern: string;
  /** What was answered, also where the program left, or was cut off by a stop, before it had all of it; 499 where it got nothing. */
  readonly status: number;
  /** Why an issuer's own client got no token: mostly what the issuer said, such as `invalid_client` (RFC 6749 §5.2). */
  readonly error?: string | undefined;
  readonly requestId: string;
  /** Whether the API broke off its answer before the end. */
  readonly isCut?: boolean;
  readonly ms: number;
}

/** An entry as lines tell it; `time`, ISO 8601, where the line has no other. */
export interface AuditFacts extends Omit<AuditEntry, 'clientId' | 'requestId' | 'isCut'> {
  readonly time: string | undefined;
  readonly client_id: string | undefined;
  /** In the lines of what failed alone, of which the log may tell more: in each line it would take an eighth of the room. */
  readonly request_id?: string;
  readonly is_cut?: true | undefined;
}

/** What a line says. */
export function auditFactsOf(entry: AuditEntry, time?: string): AuditFacts {
  // Member by member, and not spread out (decision 8).
  const { event, app, clientId: client_id, listener, token, fingerprint, pattern, status, error, requestId: request_id, isCut } = entry;
  const ms = Math.round(entry.ms * 10) / 10;
  if (status < 400 && isCut !== true) return { time, event, app, client_id, listener, token, fingerprint, pattern, status, ms };
  const is_cut = isCut === true ? isCut : undefined;
  return { time, event, app, client_id, listener, token, fingerprint, pattern, status, error, request_id, is_cut, ms };
}

/** The entry as one line of JSON without its end. `time` is ISO 8601. */
export function formatAuditLine(time: string, entry: AuditEntry): string {
  return JSON.stringify(auditFactsOf(entry, time));
}
