import type { IndexedResourceServer, TokenIndex } from '../issue/token-index.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import type { Organization } from '../model/organization.ts';
import { grantedOrganization } from './granted-organization.ts';
import { refusals } from './oauth-refusal.ts';
import type { TokenRequest } from './token-request.ts';

/** What the client may have in its token. */
export interface Access {
  readonly resourceServer: IndexedResourceServer;
  readonly organization: Organization | undefined;
  readonly scope: readonly string[];
}

/** Throws {@link OAuthRefusal} for a client that may not use the grant client_credentials. */
export function checkGrantType({ properties, isGlobal }: IssuingApplication): void {
  const isPublic = properties.token_endpoint_auth_method === 'none';
  if (isPublic || isGlobal || properties.grant_types?.includes('client_credentials') !== true) throw refusals.grantTypeNotAllowed();
}

/**
 * Decides which of the requested access to `resourceServer` a client gets: by its grant, its organization and the scopes, in this order, which is our
 * choice (docs/compatibility.md). Throws {@link OAuthRefusal}.
 */
export function grantAccess(
  application: IssuingApplication,
  resourceServer: IndexedResourceServer,
  { request, index }: { request: TokenRequest; index: TokenIndex },
): Access {
  const grant = clientGrant(application, resourceServer, index);
  const organization = grantedOrganization(request.organization, { application, grant, index });
  const granted = grant.allowAllScopes ? (resourceServer.properties.scopes ?? []).map(({ value }) => value) : grant.scope;
  return { resourceServer, organization, scope: grantedScope(granted, request.scope) };
}

function clientGrant({ clientId, properties }: IssuingApplication, server: IndexedResourceServer, index: TokenIndex): ClientGrant {
  const isThirdParty = properties.is_first_party === false;
  const isClosed = server.properties.subject_type_authorization.client.policy === 'deny_all';
  // No such grant can be made (Auth0 refuses it), but a client of our own may have become one of others.
  const isForbidden = isThirdParty && server.isSystem;
  const grant = isClosed || isForbidden ? undefined : index.grants.grantOf({ clientId, isThirdParty }, server.id);
  if (grant !== undefined) return grant;
  const isStrict = isThirdParty && properties['third_party_security_mode'] === 'strict';
  throw isStrict ? refusals.noStrictClientGrant(clientId, server.identifier) : refusals.noClientGrant(clientId, server.identifier);
}

// Scopes are in the order of the grant, so that the same set of scopes always gives the same token.
function grantedScope(granted: readonly string[], asked: readonly string[] | undefined): readonly string[] {
  if (asked === undefined) return [...new Set(granted)];
  const [wanted, known] = [new Set(asked), new Set(granted)];
  const missing = asked.filter((scope) => !known.has(scope));
  if (missing.length > 0) throw refusals.scopesNotGranted(missing);
  // Once, also where the grant has it twice.
  return granted.filter((scope) => wanted.delete(scope));
}
