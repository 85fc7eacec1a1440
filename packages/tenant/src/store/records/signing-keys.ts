import type { SigningKey } from '../../model/signing-key.ts';
import type { RecordTable } from './record-table.ts';

const privateKeyPlace = (kid: string): string => `signing key ${kid}`;

/** Turns signing keys into rows of their table and back. */
export const signingKeyTable: RecordTable<'signingKeys', 'signing_keys'> = {
  kind: 'signingKeys',
  table: 'signing_keys',
  key: 'kid',
  order: ['sequence'],
  idOf: ({ kid }) => kid,
  toRow: ({ kid, state, certificatePem, privateKeyPem, currentSinceMs, currentUntilMs, revokedAtMs }, seal) => ({
    kid,
    state,
    certificate: certificatePem,
    sealed_private_key: privateKeyPem === undefined ? null : seal.close(privateKeyPem, privateKeyPlace(kid)),
    current_since: currentSinceMs ?? null,
    current_until: currentUntilMs ?? null,
    revoked_at: revokedAtMs ?? null,
  }),
  toRecord: (row, seal) => ({
    kid: row.kid,
    state: row.state as SigningKey['state'],
    certificatePem: row.certificate,
    privateKeyPem: row.sealed_private_key === null ? undefined : seal.open(row.sealed_private_key, privateKeyPlace(row.kid)),
    currentSinceMs: row.current_since ?? undefined,
    currentUntilMs: row.current_until ?? undefined,
    revokedAtMs: row.revoked_at ?? undefined,
  }),
};
