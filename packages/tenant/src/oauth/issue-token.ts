import { type AccessTokenClaims, accessTokenClaims, isRfc9068 } from '../issue/access-token-claims.ts';
import { newOpaqueToken, newTokenId } from '../issue/token-id.ts';
import type { IndexedResourceServer, TokenIndex } from '../issue/token-index.ts';
import type { SigningMaterial, TokenSigner } from '../issue/token-signer.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import type { Organization } from '../model/organization.ts';
import { type QuotaOwner, type TokenQuota, tokenQuotaOf } from '../quota/token-quota.ts';
import type { QuotaHolder, TokenQuotas } from '../quota/token-quotas.ts';
import { TenantError } from '../tenant-error.ts';
import { authenticateClient, type ClientJudge } from './authenticate-client.ts';
import { type Access, checkGrantType, grantAccess } from './grant-access.ts';
import { refusals } from './oauth-refusal.ts';
import { requestedApi } from './requested-api.ts';
import type { TokenRequest } from './token-request.ts';

/** Everything that issuing a token works with. */
export interface Issuance extends ClientJudge {
  readonly signer: TokenSigner;
  readonly quotas: TokenQuotas;
}

/** An issued token, and what its answer and the logs tell of it. */
export interface IssuedToken {
  readonly token: string;
  readonly application: IssuingApplication;
  /** Undefined for an opaque token, which has no claims. */
  readonly claims: AccessTokenClaims | undefined;
  readonly organization: Organization | undefined;
  readonly lifetimeSeconds: number;
  /** Whether the same request would get the identical token again in this second, and no quota counts how often. */
  readonly isRepeatable: boolean;
  /** The headers that tell what is left of the quotas. */
  readonly headers: Readonly<Record<string, string>>;
}

const opaqueLifetimeSeconds = 86_400;

/**
 * Issues the token that `request` asks for. `onClient` is called with the client as soon as it is authenticated.
 * Throws {@link OAuthRefusal}. The order of the checks is our choice (docs/compatibility.md).
 */
export async function issueToken(
  request: TokenRequest,
  issuance: Issuance,
  onClient: (application: IssuingApplication) => void,
): Promise<IssuedToken> {
  const { index, quotas } = issuance;
  const application = await authenticateClient(request, issuance);
  onClient(application);
  checkGrantType(application);
  const client = quotaHolder('client', application.clientId, application.properties.token_quota, index);
  refuseBeyondQuota([client], client, quotas);
  const resourceServer = requestedApi(request, application, index);
  const access = resourceServer === 'none' ? undefined : grantAccess(application, resourceServer, { request, index });
  const organization = access?.organization;
  const holders = [client, organization && quotaHolder('organization', organization.id, organization.properties.token_quota, index)];
  refuseBeyondQuota(holders, holders[1], quotas);
  // Counted before it is signed: those who ask meanwhile must not have the same one.
  quotas.take(holders);
  try {
    const { signing, claims, lifetimeSeconds } = access === undefined ? opaqueToken() : signedToken(application, access, issuance);
    const token = await signing;
    const isRepeatable =
      access !== undefined && isRepeated(request, application, access) && holders.every((holder) => holder === undefined);
    return { token, claims, lifetimeSeconds, application, organization, isRepeatable, headers: quotas.headers(holders) };
  } catch (error) {
    quotas.giveBack(holders);
    if (error instanceof TenantError && error.code === 'overloaded') throw refusals.unavailable(error.message, error);
    throw error;
  }
}

// An assertion is good once, and the grace of a former secret may end within the second.
function isRepeated({ proof }: TokenRequest, { formerSecret }: IssuingApplication, { resourceServer }: Access): boolean {
  const { signing_alg: alg, token_dialect: dialect = 'access_token' } = resourceServer.properties;
  return proof.kind === 'secret' && formerSecret === undefined && alg !== 'PS256' && !isRfc9068(dialect);
}

function quotaHolder(owner: QuotaOwner, id: string, own: unknown, index: TokenIndex): QuotaHolder | undefined {
  const quota: TokenQuota | undefined = tokenQuotaOf(own) ?? index.settings().quotas[owner];
  return quota && { owner, id, quota };
}

function refuseBeyondQuota(shown: readonly (QuotaHolder | undefined)[], judged: QuotaHolder | undefined, quotas: TokenQuotas): void {
  const refusal = quotas.refusal(judged);
  if (judged !== undefined && refusal !== undefined) throw refusals.quotaExceeded(judged.owner, { ...quotas.headers(shown), ...refusal });
}

interface SignedToken extends Pick<IssuedToken, 'claims' | 'lifetimeSeconds'> {
  readonly signing: string | Promise<string>;
}

// Nobody can verify an opaque token, and the Management API takes none.
function opaqueToken(): SignedToken {
  return { signing: newOpaqueToken(), claims: undefined, lifetimeSeconds: opaqueLifetimeSeconds };
}

function signedToken({ clientId }: IssuingApplication, access: Access, issuance: Issuance): SignedToken {
  const { resourceServer, organization, scope } = access;
  const { issuer, index, signer, now } = issuance;
  const { token_dialect: dialect = 'access_token', token_lifetime: lifetimeSeconds } = resourceServer.properties;
  const hasName = index.settings().takesOrganizationNames;
  const claims = accessTokenClaims({
    issuer,
    clientId,
    audience: resourceServer.identifier,
    dialect,
    scope,
    organization: organization && { id: organization.id, name: hasName ? organization.name.toLowerCase() : undefined },
    hasBareSubject: resourceServer.properties.agent_subject_claims !== undefined,
    lifetimeSeconds,
    nowMs: now(),
    newTokenId,
  });
  const typ = isRfc9068(dialect) ? 'at+jwt' : 'JWT';
  return { signing: signer.sign({ typ, claims }, signingMaterial(resourceServer, index)), claims, lifetimeSeconds };
}

function signingMaterial({ id, properties, signingSecret }: IndexedResourceServer, index: TokenIndex): SigningMaterial {
  const { signing_alg: alg } = properties;
  if (alg !== 'HS256') {
    const { kid, privateKey } = index.currentKey();
    return { alg, kid, privateKey };
  }
  if (signingSecret !== undefined) return { alg, secret: signingSecret };
  throw new TenantError('state_damaged', {
    problem: 'An API has its tokens signed with HS256 and has no secret for it',
    place: id,
    step: 'Give it a signing_secret, or another signing_alg.',
  });
}
