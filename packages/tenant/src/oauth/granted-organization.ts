import type { TokenIndex } from '../issue/token-index.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import type { Organization } from '../model/organization.ts';
import { refusals } from './oauth-refusal.ts';

const clientCredentials = 'client_credentials';

/**
 * The organization that a token is for, by the `organization_usage` of the grant; undefined where it is for none.
 * Throws {@link OAuthRefusal} where the grant denies organizations, requires one that is not there, or is not associated with it.
 */
export function grantedOrganization(
  asked: string | undefined,
  { application, grant, index }: { application: IssuingApplication; grant: ClientGrant; index: TokenIndex },
): Organization | undefined {
  const usage = grant.organizationUsage ?? 'deny';
  if (usage === 'deny') {
    if (asked !== undefined) throw refusals.organizationNotAllowed();
    return undefined;
  }
  const name = asked ?? (usage === 'require' ? defaultOrganization(application) : undefined);
  if (name === undefined) {
    if (usage === 'require') throw refusals.organizationRequired();
    return undefined;
  }
  const organization = index.organization(name) ?? (index.settings().takesOrganizationNames ? index.organizationNamed(name) : undefined);
  // An organization that does not exist is refused alike, so that nobody learns which there are.
  if (organization === undefined || !isFor(grant, organization, application, index))
    throw refusals.organizationNotGranted(application.clientId, name);
  return organization;
}

function defaultOrganization({ properties }: IssuingApplication): string | undefined {
  const { default_organization: given } = properties;
  return given?.flows.includes(clientCredentials) === true ? given.organization_id : undefined;
}

// Third parties never get a token for just any organization.
function isFor(grant: ClientGrant, { id }: Organization, { properties }: IssuingApplication, index: TokenIndex): boolean {
  if (grant.allowAnyOrganization === true && properties.is_first_party !== false) return true;
  return index.grants.isAssociated({ organizationId: id, clientGrantId: grant.id });
}
