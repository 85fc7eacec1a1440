import { createHash } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Now } from '../clock.ts';
import type { PublishedKey } from '../issue/published-key.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import { managementIdentifier } from '../model/resource-server.ts';
import { manageRefusals } from './manage-refusal.ts';
import type { ScopeRule } from './scope-rule.ts';

/** Who calls the Management API, by the token that came with the call. */
export interface Bearer {
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
}

/** What bearer tokens are judged by. */
export interface BearerRules {
  readonly domain: string;
  readonly issuer: string;
  readonly index: TokenIndex;
  readonly now: Now;
}

interface Remembered {
  readonly bearer: Bearer;
  readonly key: PublishedKey;
  readonly expiresAtMs: number;
}

const mostRemembered = 2_000;

/** Verifies the tokens of calls. A good one is remembered by its SHA-256 until it expires or its key is no longer accepted. */
export class BearerJudge {
  readonly #rules: BearerRules;
  readonly #remembered = new Map<string, Remembered>();

  constructor(rules: BearerRules) {
    this.#rules = rules;
  }

  /** Who calls with this `Authorization` header. Throws {@link ManageRefusal} 400 or 401. */
  async judge(authorization: string | undefined): Promise<Bearer> {
    if (authorization === undefined || authorization === '') throw manageRefusals.missingAuthentication();
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) throw manageRefusals.malformedBearer();
    const digest = createHash('sha256').update(token).digest('base64');
    const known = this.#remembered.get(digest);
    if (known !== undefined && this.#isStillGood(known)) return known.bearer;
    this.#remembered.delete(digest);
    const fresh = await this.#verify(token);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    this.#remembered.set(digest, fresh);
    return fresh.bearer;
  }

  #isStillGood({ key, expiresAtMs }: Remembered): boolean {
    return this.#rules.now() < expiresAtMs && this.#rules.index.signingKey(key.kid)?.jwk.n === key.jwk.n;
  }

  async #verify(token: string): Promise<Remembered> {
    if (!isJwt(token)) throw manageRefusals.malformedBearer();
    const { index } = this.#rules;
    const key = index.signingKey(decodeProtectedHeader(token).kid ?? '');
    if (key === undefined) throw this.#refusalWithoutKey(token);
    const { azp, scope, exp = 0 } = await this.#claims(token, key);
    const scopes = new Set(typeof scope === 'string' ? scope.split(' ') : []);
    return { bearer: { clientId: typeof azp === 'string' ? azp : '', scopes }, key, expiresAtMs: exp * 1000 };
  }

  async #claims(token: string, key: PublishedKey): Promise<JWTPayload> {
    const { domain, issuer, now } = this.#rules;
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: ['RS256'],
        typ: 'JWT',
        issuer,
        audience: managementIdentifier(domain),
        requiredClaims: ['exp'],
        currentDate: new Date(now()),
      });
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

  // Tokens of the first version of the API were signed with the secret of the global client, and had its id for an audience.
  #refusalWithoutKey(token: string): Error {
    const { aud } = claimsIn(token);
    const application = typeof aud === 'string' ? this.#rules.index.application(aud) : undefined;
    const isLegacy = decodeProtectedHeader(token).alg === 'HS256' && application !== undefined && !application.isGlobal;
    return isLegacy ? manageRefusals.notGlobal() : manageRefusals.invalidToken();
  }
}

const claimsIn = (token: string): Record<string, unknown> => objectIn(token.split('.')[1] ?? '') ?? {};

// Three parts of which the first two are base64url of JSON objects: what the service takes for a token at all.
function isJwt(token: string): boolean {
  const parts = token.split('.');
  return (
    parts.length === 3 && parts.every((part) => /^[\w-]+$/.test(part)) && parts.slice(0, 2).every((part) => objectIn(part) !== undefined)
  );
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Lets a call pass whose token has the scopes. Throws {@link ManageRefusal} 403 `insufficient_scope`. */
export function requireScope({ scopes }: Bearer, rule: ScopeRule): void {
  if ('allOf' in rule) {
    if (!rule.allOf.every((scope) => scopes.has(scope))) throw manageRefusals.insufficientScopes(rule.allOf);
  } else if (!rule.anyOf.some((scope) => scopes.has(scope))) throw manageRefusals.insufficientScope(rule.anyOf);
}
