export type { ShownLogEntry } from '../log/shown-log-entry.ts';
export type { ClientGrantCreation, ClientGrantPatch, ShownClientGrant } from '../manage/client-grants/client-grant-schema.ts';
export type { ClientCreation, ClientPatch, ShownClient } from '../manage/clients/client-schema.ts';
export type { CredentialCreation, ShownCredential } from '../manage/credentials/credential-schema.ts';
export type {
  ResourceServerCreation,
  ResourceServerPatch,
  ShownResourceServer,
} from '../manage/resource-servers/resource-server-schema.ts';
export type { TokenQuota } from '../manage/schema-pieces.ts';
export type { ShownSigningKey } from '../manage/signing-keys/signing-key-operations.ts';
export type { ShownTenantSettings } from '../manage/tenant-settings/tenant-settings-schema.ts';

/** What `POST /dashboard/session/token` answers to the page, in a session. */
export interface DashboardToken {
  /** For the Management API, with every scope that it knows. */
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  /** What applications know the tenant by. */
  readonly domain: string;
  /** Identifier of the Management API. */
  readonly audience: string;
}

/** What it answers, with 401, where there is no session. */
export interface NoSession {
  readonly error: 'no_session';
  readonly message: string;
  /** What to type for a link. */
  readonly command: string;
}
