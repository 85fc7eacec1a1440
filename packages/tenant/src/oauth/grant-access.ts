import type { IndexedResourceServer, TokenIndex } from '../issue/token-index.ts';
import { isPublic } from '../model/application.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import { refusals } from './oauth-refusal.ts';
import type { TokenRequest } from './token-request.ts';

/** What a token may be issued for. */
export interface Access {
  readonly resourceServer: IndexedResourceServer;
  readonly scope: readonly string[];
}

/**
 * What an authenticated client gets of what it asks for. Order of the checks: contract §1.4, last paragraph (unverified).
 * Throws {@link OAuthRefusal}, rows 3 to 7.
 */
export function grantAccess(application: IssuingApplication, request: TokenRequest, index: TokenIndex): Access {
  const { properties } = application;
  if (isPublic(properties) || !(properties.grant_types ?? []).includes('client_credentials')) throw refusals.grantTypeNotAllowed();
  if (request.audience === undefined) throw refusals.noAudience();
  const resourceServer = index.resourceServer(request.audience);
  if (resourceServer === undefined) throw refusals.unknownAudience(request.audience);
  const grant = index.clientGrant(application.clientId, resourceServer.id);
  if (grant === undefined) throw refusals.noClientGrant(application.clientId, request.audience);
  if (request.organization !== undefined) throw refusals.organizationNotAllowed();
  return { resourceServer, scope: grantedScope(grant.scope, request.scope) };
}

// In the order of the grant, so that the same set of scopes is always the same token.
function grantedScope(granted: readonly string[], asked: readonly string[] | undefined): readonly string[] {
  if (asked === undefined) return granted;
  const missing = asked.filter((scope) => !granted.includes(scope));
  if (missing.length > 0) throw refusals.scopesNotGranted(missing);
  return granted.filter((scope) => asked.includes(scope));
}
