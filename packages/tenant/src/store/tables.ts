import type { ColumnType, Generated } from 'kysely';

/** 0 or 1: SQLite has no booleans. */
export type Flag = 0 | 1;

/** A JSON document as text. */
export type Json = string;

/** The tables as the last migration leaves them. `sequence` is the order of creation. */
export interface Tables {
  settings: { name: string; value: string };
  signing_keys: { sequence: Generated<number>; kid: string; state: string; certificate: string; sealed_private_key: string };
  resource_servers: {
    sequence: Generated<number>;
    id: string;
    identifier: string | null;
    name: string | null;
    scopes: Json;
    signing_alg: string;
    token_lifetime: number;
    token_lifetime_for_web: number;
    is_system: ColumnType<number, Flag, Flag>;
  };
  applications: {
    sequence: Generated<number>;
    client_id: string;
    is_global: ColumnType<number, Flag, Flag>;
    is_first_party: ColumnType<number, Flag, Flag>;
    app_type: string | null;
    sealed_client_secret: string;
    properties: Json;
  };
  client_grants: {
    sequence: Generated<number>;
    id: string;
    client_id: string;
    resource_server_id: string;
    scope: Json;
    subject_type: string;
  };
}
