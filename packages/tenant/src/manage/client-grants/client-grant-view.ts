import type { TokenIndex } from '../../issue/token-index.ts';
import type { ClientGrant } from '../../model/client-grant.ts';

/** A client grant as the Management API shows it: what is unset is left out. */
export function clientGrantView(grant: ClientGrant, index: TokenIndex): Record<string, unknown> {
  const { clientId, defaultFor, organizationUsage, allowAnyOrganization, authorizationDetailsTypes } = grant;
  return {
    id: grant.id,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(defaultFor !== undefined && { default_for: defaultFor }),
    audience: index.resourceServerById(grant.resourceServerId)?.identifier ?? '',
    // Beside allow_all_scopes the scopes stay as they were given. Not seen on Auth0 itself.
    scope: grant.scope,
    ...(grant.allowAllScopes && { allow_all_scopes: true }),
    ...(organizationUsage !== undefined && { organization_usage: organizationUsage }),
    ...(allowAnyOrganization !== undefined && { allow_any_organization: allowAnyOrganization }),
    ...(authorizationDetailsTypes !== undefined && { authorization_details_types: authorizationDetailsTypes }),
    ...(grant.isSystem && { is_system: true }),
    subject_type: grant.subjectType,
  };
}
