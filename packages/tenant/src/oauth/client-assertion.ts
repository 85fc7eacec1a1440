import { constants, type KeyObject, verify } from 'node:crypto';
import type { Credential } from '../model/credential.ts';
import { isWellFormed } from '../well-formed.ts';
import { refusals } from './oauth-refusal.ts';
import { parseStrictObject } from './strict-json.ts';

/** The algorithms that clients may sign assertions with at Auth0, and the parameters of each for node:crypto. */
const algorithms: Readonly<Record<Credential['alg'], { digest: string; padding: number; saltLength?: number }>> = {
  RS256: { digest: 'sha256', padding: constants.RSA_PKCS1_PADDING },
  RS384: { digest: 'sha384', padding: constants.RSA_PKCS1_PADDING },
  PS256: { digest: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
};

/** Names of those algorithms. */
export const assertionAlgs: readonly string[] = Object.keys(algorithms);

/** An assertion (RFC 7523 §3) whose form, claims and times are right. Its signature is checked by {@link isSignedBy}. */
export interface ClientAssertion {
  /** `iss` and `sub`. */
  readonly clientId: string;
  readonly alg: Credential['alg'];
  /** Undefined: any key of the client may have signed it. */
  readonly kid: string | undefined;
  readonly jti: string;
  /** Epoch ms from which it is no longer accepted. */
  readonly deadAtMs: number;
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

const longestAssertion = 2048;
const longestClaim = 64;
const longestLifeSeconds = 300;
const toleranceSeconds = 10;
const base64url = /^[A-Za-z0-9_-]+$/;
const types = new Set(['jwt', 'client-authentication+jwt']);
// A key that the assertion brings along proves nothing, and fetching one would make requests where an attacker wants them.
const ownKeys = ['jwk', 'jku', 'x5u', 'x5c'];

/**
 * Reads the value of `client_assertion`. Throws {@link OAuthRefusal} `invalid_client`; the description, which is ours, says which part is wrong, and quotes
 * nothing of the assertion.
 */
export function readClientAssertion(text: string, { issuer, nowMs }: { issuer: string; nowMs: number }): ClientAssertion {
  if (Buffer.byteLength(text) > longestAssertion) throw bad(`'client_assertion' must have at most ${longestAssertion} bytes`);
  const parts = text.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3 || !parts.every(isBase64url)) throw bad("'client_assertion' must be a signed JWT in compact form");
  const { alg, kid } = checkedHeader(objectOf(header, 'header'));
  const claims = objectOf(payload, 'payload');
  const clientId = textClaim(claims, 'iss');
  if (textClaim(claims, 'sub') !== clientId) throw bad("'sub' claim must be the same client_id as 'iss'");
  const jti = textClaim(claims, 'jti');
  checkAudience(claims['aud'], issuer);
  const exp = checkedTimes(claims, nowMs / 1000);
  return {
    clientId,
    alg,
    kid,
    jti,
    // A NumericDate may have a fraction (RFC 7519 §2).
    deadAtMs: Math.ceil((exp + toleranceSeconds) * 1000),
    signingInput: Buffer.from(text.slice(0, text.lastIndexOf('.'))),
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** Whether `key` made the signature of `assertion`. */
export function isSignedBy({ alg, signingInput, signature }: ClientAssertion, key: KeyObject): boolean {
  const { digest, ...options } = algorithms[alg];
  return verify(digest, signingInput, { key, ...options }, signature);
}

function checkedHeader(header: Readonly<Record<string, unknown>>): { alg: Credential['alg']; kid: string | undefined } {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || !Object.hasOwn(algorithms, alg)) throw bad(`'alg' header must be one of ${assertionAlgs.join(', ')}`);
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) throw bad("'kid' header must be a string");
  // A token made for another purpose must not pass for an assertion (RFC 8725 §3.11).
  if (typ !== undefined && (typeof typ !== 'string' || !types.has(typ.toLowerCase()))) throw bad("'typ' header must be 'JWT'");
  for (const name of ['crit', 'b64', ...ownKeys]) if (Object.hasOwn(header, name)) throw bad(`'${name}' header is not allowed`);
  return { alg: alg as Credential['alg'], kid };
}

function textClaim(claims: Readonly<Record<string, unknown>>, name: 'iss' | 'sub' | 'jti'): string {
  const value = claims[name];
  if (typeof value !== 'string' || value === '' || !isWellFormed(value)) throw bad(`'${name}' claim must be a string`);
  if (value.length > longestClaim) throw bad(`'${name}' claim must have at most ${longestClaim} characters`);
  return value;
}

// Only our audience is allowed: the owner of a second one could use the assertion here himself. Not seen on Auth0 itself.
function checkAudience(aud: unknown, issuer: string): void {
  const own: unknown[] = [issuer, `${issuer}oauth/token`];
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (named.length === 0 || !named.every((one) => own.includes(one))) throw bad(`'aud' claim must be '${issuer}'`);
}

function checkedTimes(claims: Readonly<Record<string, unknown>>, now: number): number {
  const [exp, iat, nbf] = [timeOf(claims, 'exp'), timeOf(claims, 'iat'), timeOf(claims, 'nbf')];
  if (exp === undefined) throw bad("'exp' claim is required");
  if (exp + toleranceSeconds <= now) throw bad("'exp' claim must specify a time in the future");
  if (iat !== undefined && iat - toleranceSeconds > now) throw bad("'iat' claim must not specify a time in the future");
  if (nbf !== undefined && nbf - toleranceSeconds > now) throw bad("'nbf' claim must not specify a time in the future");
  if (exp - (iat ?? now + toleranceSeconds) > longestLifeSeconds)
    throw bad("'exp' claim must specify a time that is no more than 5 minutes after 'iat'");
  return exp;
}

function timeOf(claims: Readonly<Record<string, unknown>>, name: 'exp' | 'iat' | 'nbf'): number | undefined {
  const value = claims[name];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw bad(`'${name}' claim must be a number`);
}

function objectOf(part: string, name: string): Readonly<Record<string, unknown>> {
  const text = utf8Of(part);
  const value = text === undefined ? undefined : parseStrictObject(text);
  if (value === undefined) throw bad(`the ${name} of 'client_assertion' must be a JSON object that names nothing twice`);
  return value;
}

function utf8Of(part: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'));
  } catch {
    return undefined;
  }
}

// Accepts only the canonical base64url of these bytes: without padding, and with no bits left over.
function isBase64url(part: string): boolean {
  return base64url.test(part) && Buffer.from(part, 'base64url').toString('base64url') === part;
}

const bad = refusals.badAssertion;
