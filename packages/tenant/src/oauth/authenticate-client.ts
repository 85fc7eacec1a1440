import { type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Now } from '../clock.ts';
import type { IndexedCredential, TokenIndex } from '../issue/token-index.ts';
import { type IssuingApplication, secretDigest } from '../model/issuing-application.ts';
import type { AssertionClaims } from './assertion-claims.ts';
import type { BasicCredentials } from './basic-credentials.ts';
import { type ClientAssertion, isSignedBy, readClientAssertion } from './client-assertion.ts';
import { refusals } from './oauth-refusal.ts';
import type { TokenRequest } from './token-request.ts';

/** What a client is authenticated with. */
export interface ClientJudge {
  readonly issuer: string;
  readonly index: TokenIndex;
  readonly assertionClaims: AssertionClaims;
  readonly now: Now;
}

// Stands in for the secret of a client that does not exist, so that the check takes the same time.
const nobody: Buffer = randomBytes(32);

/**
 * Authenticates the client that sends a request. Throws {@link OAuthRefusal} 401. For a client that does not exist the error is the same, and takes the same
 * work. A client that is registered for private_key_jwt can use nothing else, and no other client can use that.
 */
export async function authenticateClient({ clientId, proof }: TokenRequest, judge: ClientJudge): Promise<IssuingApplication> {
  if (proof.kind === 'assertion') return byAssertion(readAssertion(proof.assertion, clientId, judge), judge);
  const readings = proof.kind === 'secret' ? proof.readings : [{ clientId: clientId ?? '', clientSecret: '' }];
  // All of them, whichever is right, so that it takes the same time.
  const application = readings.map((reading) => bySecret(reading, judge)).find((found) => found !== undefined);
  if (application === undefined) throw refusals.unauthorized();
  return application;
}

function bySecret({ clientId, clientSecret }: BasicCredentials, { index, now }: ClientJudge): IssuingApplication | undefined {
  const application = index.application(clientId);
  const isRight = isSecretOf(application, clientSecret, now());
  return application !== undefined && isRight && clientSecret !== '' && takesSecret(application) ? application : undefined;
}

function takesSecret({ properties }: IssuingApplication): boolean {
  return (properties.client_authentication_methods ?? undefined) === undefined;
}

function isSecretOf(application: IssuingApplication | undefined, secret: string, nowMs: number): boolean {
  const digest = secretDigest(secret);
  const isPresent = timingSafeEqual(digest, application?.secretDigest ?? nobody);
  const former = application?.formerSecret;
  return isPresent || (former !== undefined && nowMs < former.validUntilMs && timingSafeEqual(digest, former.digest));
}

function readAssertion(text: string, clientId: string | undefined, { issuer, now }: ClientJudge): ClientAssertion {
  const assertion = readClientAssertion(text, { issuer, nowMs: now() });
  if (clientId === undefined || clientId === assertion.clientId) return assertion;
  throw refusals.badAssertion("'iss' and 'sub' claims must be the client_id of the request");
}

async function byAssertion(assertion: ClientAssertion, judge: ClientJudge): Promise<IssuingApplication> {
  const { clientId, jti, deadAtMs } = assertion;
  const application = judge.index.application(clientId);
  const isSigned = keysFor(assertion, application, judge).some((key) => isSignedBy(assertion, key));
  if (application === undefined || registeredKeys(application) === undefined || !isSigned)
    throw refusals.badAssertion("the signature of 'client_assertion' is of no key that the client has registered for it");
  // Last, so that a forged assertion cannot use up a real one.
  if (!(await claim(judge.assertionClaims, clientId, jti, deadAtMs)))
    throw refusals.badAssertion("'jti' claim must be new for each assertion");
  return application;
}

async function claim(claims: AssertionClaims, clientId: string, jti: string, deadAtMs: number): Promise<boolean> {
  try {
    return await claims.claim(clientId, jti, deadAtMs);
  } catch (cause) {
    throw refusals.unavailable('Client assertions cannot be checked at the moment.', cause);
  }
}

/** The public keys that may have signed `assertion`. Where there are none, a key that did not, so that the check takes the same time. */
function keysFor({ alg, kid }: ClientAssertion, application: IssuingApplication | undefined, { index, now }: ClientJudge): KeyObject[] {
  const nowMs = now();
  const fits = (credential: IndexedCredential | undefined): credential is IndexedCredential =>
    credential !== undefined &&
    credential.clientId === application?.clientId &&
    credential.alg === alg &&
    (kid === undefined || credential.kid === kid) &&
    (credential.expiresAtMs === undefined || nowMs < credential.expiresAtMs);
  const ids = application === undefined ? [] : (registeredKeys(application) ?? []);
  const keys = ids.map(({ id }) => index.credential(id)).filter(fits);
  return keys.length === 0 ? [index.currentKey().publicKey] : keys.map(({ publicKey }) => publicKey);
}

/** Ids of the credentials that a client proves itself with; undefined for a client with a secret. */
function registeredKeys({ properties }: IssuingApplication): readonly { readonly id: string }[] | undefined {
  return properties.client_authentication_methods?.private_key_jwt?.credentials;
}
