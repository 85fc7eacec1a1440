import type { Credential } from '../../model/credential.ts';

/** A credential as the Management API shows it: `expires_at` null or absent where it never expires. */
export function credentialView(credential: Credential, unset: { expires_at?: null } = {}): Record<string, unknown> {
  const { id, name, credentialType, kid, alg, createdAtMs, updatedAtMs, expiresAtMs } = credential;
  return {
    id,
    ...(name !== undefined && { name }),
    credential_type: credentialType,
    kid,
    alg,
    created_at: new Date(createdAtMs).toISOString(),
    updated_at: new Date(updatedAtMs).toISOString(),
    ...(expiresAtMs === undefined ? unset : { expires_at: new Date(expiresAtMs).toISOString() }),
  };
}
