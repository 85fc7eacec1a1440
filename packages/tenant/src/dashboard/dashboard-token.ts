import type { Now } from '../clock.ts';
import { accessTokenClaims } from '../issue/access-token-claims.ts';
import { newTokenId } from '../issue/token-id.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import type { TokenSigner } from '../issue/token-signer.ts';
import { operations } from '../manage/operations.ts';
import { managementIdentifier } from '../model/resource-server.ts';
import type { DashboardToken } from './contract.ts';

/** What the page's token is made with. */
export interface DashboardTokenParts {
  readonly domain: string;
  readonly issuer: string;
  readonly index: TokenIndex;
  readonly signer: TokenSigner;
  readonly now: Now;
}

/** The name by which the log of the tenant tells what was done in the dashboard. */
const clientId = 'dashboard';
// As short as a page that asks again in time can bear.
const lifetimeSeconds = 300;
// What this tenant's operations ask for: all of the service's 273 scopes would make each call longer by six thousand characters.
const scope = [...new Set(operations.flatMap(({ scopes }) => ('allOf' in scopes ? scopes.allOf : scopes.anyOf)))].sort();

/** A new token for the Management API, as the token endpoint would issue one to an application that may do all of it. */
export async function dashboardToken({ domain, issuer, index, signer, now }: DashboardTokenParts): Promise<DashboardToken> {
  const audience = managementIdentifier(domain);
  const claims = accessTokenClaims({
    issuer,
    clientId,
    audience,
    dialect: 'access_token',
    scope,
    hasBareSubject: false,
    lifetimeSeconds,
    nowMs: now(),
    newTokenId,
  });
  const { kid, privateKey } = index.currentKey();
  const token = await signer.sign({ typ: 'JWT', claims }, { alg: 'RS256', kid, privateKey });
  return { access_token: token, expires_in: lifetimeSeconds, domain, audience };
}
