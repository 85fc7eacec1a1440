import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Now } from '../clock.ts';
import { issuerOf } from '../issue/access-token-claims.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import { managementIdentifier } from '../model/resource-server.ts';
import { manageRefusals } from './manage-refusal.ts';

/** Who calls the Management API, by the token that came with the call. */
export interface Bearer {
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
}

/** What a bearer token is judged by. */
export interface BearerJudge {
  readonly domain: string;
  readonly index: TokenIndex;
  readonly now: Now;
}

/** Verifies the `Authorization` header of a call. Throws {@link ManageRefusal}, contract §4.3. */
export async function verifyBearer(authorization: string | undefined, judge: BearerJudge): Promise<Bearer> {
  if (authorization === undefined || authorization === '') throw manageRefusals.missingAuthentication();
  const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token === undefined || !isJwt(token)) throw manageRefusals.malformedBearer();
  const claims = await verifiedClaims(token, judge);
  const { azp, scope } = claims;
  return { clientId: typeof azp === 'string' ? azp : '', scopes: new Set(typeof scope === 'string' ? scope.split(' ') : []) };
}

async function verifiedClaims(token: string, { domain, index, now }: BearerJudge): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = index.signingKey(kid ?? '');
        if (key === undefined) throw manageRefusals.invalidToken();
        return key.publicKey;
      },
      {
        algorithms: ['RS256'],
        typ: 'JWT',
        issuer: issuerOf(domain),
        audience: managementIdentifier(domain),
        requiredClaims: ['exp'],
        currentDate: new Date(now()),
      },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw manageRefusals.expiredToken();
    if (error instanceof errors.JWSSignatureVerificationFailed) throw manageRefusals.invalidSignature();
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
      throw manageRefusals.badAudience([error.payload.aud ?? []].flat().join(','));
    }
    throw manageRefusals.invalidToken();
  }
}

// Three parts of which the first two are base64url of JSON objects: what the service takes for a token at all.
function isJwt(token: string): boolean {
  const parts = token.split('.');
  return parts.length === 3 && parts.every((part) => /^[\w-]+$/.test(part)) && parts.slice(0, 2).every(isJsonObject);
}

function isJsonObject(part: string): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Lets a call pass whose token has one of `anyOf`. Throws {@link ManageRefusal} 403 `insufficient_scope`. */
export function requireScope(bearer: Bearer, anyOf: readonly string[]): void {
  if (!anyOf.some((scope) => bearer.scopes.has(scope))) throw manageRefusals.insufficientScope(anyOf);
}
