/** The types of entries in the tenant's logs. */
export type JournalType =
  | 'seccft'
  | 'feccft'
  | 'sapi'
  | 'fapi'
  | 'mgmt_api_read'
  | 'api_limit'
  | 'api_limit_warning'
  | 'token_quota_consumption_warning';

/** An event for the tenant's logs. Holds no secret and no token. */
export interface JournalEntry {
  readonly type: JournalType;
  /** The reason of a failure, or what was done. */
  readonly description: string;
  readonly clientId?: string | undefined;
  readonly clientName?: string | undefined;
  readonly audience?: string | undefined;
  /** Separated by spaces. */
  readonly scope?: string | undefined;
  readonly organizationId?: string | undefined;
  readonly organizationName?: string | undefined;
  /** Address of the caller. */
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Telemetry header `Auth0-Client` as it came. */
  readonly auth0Client?: string | undefined;
  /** Further fields that are shown as they are: `request`, `response`, `accessedSecrets`, `limit`, `access_token_jti`, `client_authentication_error` … */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** Takes the events for the tenant's logs. Never throws, and never makes its caller wait. */
export interface TenantJournal {
  write(entry: JournalEntry): void;
}
