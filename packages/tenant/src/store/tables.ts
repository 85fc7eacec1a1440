import type { ColumnType, Generated } from 'kysely';

/** A truth value: SQLite has none and keeps 0 or 1. Read it with {@link isSet}. */
type Flag = ColumnType<boolean | number, boolean, boolean>;
type OptionalFlag = ColumnType<boolean | number | null, boolean | null, boolean | null>;

/** Whether a flag that was read is set. */
export const isSet = (flag: boolean | number): boolean => flag === true || flag === 1;

/** A JSON document as text: its keys keep their order. */
type Json = string;
/** Epoch milliseconds. */
type Instant = number;

interface InOrder {
  /** Order of creation. */
  sequence: Generated<number>;
}

/** The tables as the last migration leaves them. */
export interface Tables {
  settings: { name: string; value: string };
  signing_keys: InOrder & {
    kid: string;
    state: string;
    certificate: string;
    sealed_private_key: string | null;
    current_since: Instant | null;
    current_until: Instant | null;
    revoked_at: Instant | null;
  };
  resource_servers: InOrder & {
    id: string;
    identifier: string | null;
    is_system: Flag;
    sealed_signing_secret: string | null;
    properties: Json;
  };
  applications: InOrder & {
    client_id: string;
    is_global: Flag;
    is_first_party: Flag;
    app_type: string | null;
    name: string;
    sealed_client_secret: string;
    secret_digest: string;
    sealed_former_secret: string | null;
    former_secret_digest: string | null;
    former_secret_until: Instant | null;
    /** The part of `properties` that issuing a token needs. */
    issuing: Json;
    properties: Json;
    created_at: Instant;
    updated_at: Instant;
  };
  credentials: InOrder & {
    id: string;
    client_id: string;
    name: string | null;
    credential_type: string;
    kid: string;
    alg: string;
    public_key: string;
    created_at: Instant;
    updated_at: Instant;
    expires_at: Instant | null;
  };
  organizations: InOrder & { id: string; name: string; properties: Json };
  client_grants: InOrder & {
    id: string;
    client_id: string | null;
    default_for: string | null;
    resource_server_id: string;
    scope: Json;
    allow_all_scopes: Flag;
    subject_type: string;
    organization_usage: string | null;
    allow_any_organization: OptionalFlag;
    authorization_details_types: Json | null;
    is_system: Flag;
  };
  /** `id`: those of the organization and the grant, with a space between. */
  organization_grants: InOrder & { id: string; organization_id: string; client_grant_id: string };
  /** Has one row. Its version grows with each write, and a transaction that writes holds the lock of this row. */
  change_version: { id: number; version: number };
  /** The last version in which each record changed or went. */
  changes: { kind: string; id: string; version: number };
  used_assertions: { client_id: string; jti: string; expires_at: Instant };
  token_usage: { bucket: string; window_start: Instant; count: number };
  /** A row is a run of entries: one, and `repeats` more. `times` is null where there are none. */
  logs: { id: string; at: Instant; type: string; client_id: string | null; event: Json; repeats: number; times: Json | null };
}
