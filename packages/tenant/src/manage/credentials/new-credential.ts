import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Credential } from '../../model/credential.ts';
import { newCredentialId } from '../../model/random-id.ts';
import { type ManageRefusal, manageRefusals } from '../manage-refusal.ts';
import type { CredentialCreation } from './credential-schema.ts';

/** Most credentials of one client, as at Auth0. */
const mostCredentials = 2;

/**
 * The credential that `given` asks for, whose end lies ahead unless it `mayBeExpired`. Throws {@link ManageRefusal}: which keys are taken is told by Auth0's
 * documentation, the texts are ours.
 */
export function newCredential(
  given: CredentialCreation,
  clientId: string,
  nowMs: number,
  { mayBeExpired = false }: { mayBeExpired?: boolean } = {},
): Credential {
  if (given.credential_type !== 'public_key') throw manageRefusals.featureNotEnabled('authentication with client certificates');
  if (given.subject_dn !== undefined) throw refused('subject_dn is for credentials of type cert_subject_dn only');
  if (given.pem === undefined) throw refused("Payload validation error: 'Missing required property: pem'.");
  const key = publicKeyIn(given.pem);
  const earliestMs = mayBeExpired ? Number.NEGATIVE_INFINITY : nowMs;
  return {
    id: newCredentialId(),
    clientId,
    name: given.name,
    credentialType: 'public_key',
    kid: given.kid ?? thumbprintOf(key),
    alg: given.alg ?? 'RS256',
    publicKeyPem: key.export({ type: 'spki', format: 'pem' }) as string,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: given.expires_at === undefined ? expiryIn(given, earliestMs) : futureMs(given.expires_at, earliestMs),
  };
}

/** Refuses keys and key ids that `others` of the same client have, and more of them than there may be. */
export function refuseClashes(credential: Credential, others: readonly Credential[]): void {
  if (others.some(({ publicKeyPem }) => publicKeyPem === credential.publicKeyPem)) {
    throw manageRefusals.conflict('A credential with the same public key already exists for this client.');
  }
  if (others.some(({ kid }) => kid === credential.kid)) {
    throw manageRefusals.conflict('A credential with the same kid already exists for this client.');
  }
  if (others.length >= mostCredentials) {
    throw manageRefusals.notSupported(`A client can have at most ${mostCredentials} credentials`);
  }
}

/** Epoch ms of `expires_at`, which must lie ahead. */
export function futureMs(text: string, nowMs: number): number {
  const ms = Date.parse(text);
  if (ms > nowMs) return ms;
  throw refused('expires_at must be in the future');
}

function expiryIn({ parse_expiry_from_cert: isWanted, pem = '' }: CredentialCreation, nowMs: number): number | undefined {
  if (!isWanted) return undefined;
  let end: string;
  try {
    end = new X509Certificate(pem).validTo;
  } catch {
    throw refused('parse_expiry_from_cert needs a certificate in pem');
  }
  return futureMs(end, nowMs);
}

// Node makes a public key of a private one too; whoever sends that has shown it to the wire.
function publicKeyIn(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) throw refused('pem holds a private key; send the public key alone, and use this private key no more');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: pem, format: 'pem' });
  } catch {
    throw refused('pem is no public key (SPKI or PKCS1) and no X509 certificate');
  }
  const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (bits < 2048 || bits > 4096) throw refused('pem must hold an RSA key of 2048 to 4096 bits');
  return key;
}

// RFC 7638.
function thumbprintOf(key: KeyObject): string {
  const { e, n } = key.export({ format: 'jwk' });
  return createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
}

function refused(message: string): ManageRefusal {
  return manageRefusals.invalidBody(message);
}
