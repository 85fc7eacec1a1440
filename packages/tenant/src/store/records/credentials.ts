import type { Credential } from '../../model/credential.ts';
import type { RecordTable } from './record-table.ts';

/** Turns credentials into rows of their table and back. */
export const credentialTable: RecordTable<'credentials', 'credentials'> = {
  kind: 'credentials',
  table: 'credentials',
  key: 'id',
  order: ['sequence'],
  idOf: ({ id }) => id,
  toRow: (credential) => ({
    id: credential.id,
    client_id: credential.clientId,
    name: credential.name ?? null,
    credential_type: credential.credentialType,
    kid: credential.kid,
    alg: credential.alg,
    public_key: credential.publicKeyPem,
    created_at: credential.createdAtMs,
    updated_at: credential.updatedAtMs,
    expires_at: credential.expiresAtMs ?? null,
  }),
  toRecord: (row) => ({
    id: row.id,
    clientId: row.client_id,
    name: row.name ?? undefined,
    credentialType: row.credential_type as Credential['credentialType'],
    kid: row.kid,
    alg: row.alg as Credential['alg'],
    publicKeyPem: row.public_key,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
    expiresAtMs: row.expires_at ?? undefined,
  }),
};
