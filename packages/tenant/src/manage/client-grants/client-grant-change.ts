import type { Application } from '../../model/application.ts';
import type { ClientGrant } from '../../model/client-grant.ts';
import { newClientGrantId } from '../../model/random-id.ts';
import type { ResourceServer } from '../../model/resource-server.ts';
import { manageRefusals } from '../manage-refusal.ts';
import type { ClientGrantCreation, ClientGrantPatch } from './client-grant-schema.ts';

/** The grant that `body` asks for. */
export function createdGrant(body: ClientGrantCreation, resourceServerId: string): ClientGrant {
  return {
    id: newClientGrantId(),
    clientId: body.client_id,
    defaultFor: body.default_for,
    resourceServerId,
    scope: body.scope ?? [],
    allowAllScopes: body.allow_all_scopes ?? false,
    subjectType: body.subject_type ?? 'client',
    organizationUsage: body.organization_usage,
    allowAnyOrganization: body.allow_any_organization,
    authorizationDetailsTypes: body.authorization_details_types,
    isSystem: false,
  };
}

/** `grant` after `patch`. */
export function patchedGrant(grant: ClientGrant, patch: ClientGrantPatch): ClientGrant {
  const kept = <T>(given: T | null | undefined, former: T | undefined): T | undefined =>
    given === undefined ? former : (given ?? undefined);
  return {
    ...grant,
    scope: kept(patch.scope, grant.scope) ?? [],
    allowAllScopes: kept(patch.allow_all_scopes, grant.allowAllScopes) ?? false,
    organizationUsage: kept(patch.organization_usage, grant.organizationUsage),
    allowAnyOrganization: kept(patch.allow_any_organization, grant.allowAnyOrganization),
    authorizationDetailsTypes: kept(patch.authorization_details_types, grant.authorizationDetailsTypes),
  };
}

/**
 * Rules between a grant, its client and its API. Throws {@link ManageRefusal}. The sentence about system APIs is that of
 * Auth0's specification, the others are our own.
 */
export function refuseBadGrant(
  grant: ClientGrant,
  of: { application: Application | undefined; resourceServer: Pick<ResourceServer, 'isSystem'> },
): void {
  const isThirdParty = grant.defaultFor !== undefined || of.application?.properties.is_first_party === false;
  if (isThirdParty && of.resourceServer.isSystem) {
    throw manageRefusals.invalidBody('Client grants for this API cannot be created for third-party clients');
  }
  if (isThirdParty && grant.allowAnyOrganization) {
    throw manageRefusals.invalidBody('allow_any_organization cannot be used with third-party clients');
  }
  if (grant.subjectType === 'client' && grant.authorizationDetailsTypes !== undefined) {
    throw manageRefusals.invalidBody('authorization_details_types can only be used with subject_type user');
  }
}
