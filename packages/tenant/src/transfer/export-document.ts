import { type Application, isPublic } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Credential } from '../model/credential.ts';
import type { Organization } from '../model/organization.ts';
import { identifierOf, managementIdentifier, type ResourceServer } from '../model/resource-server.ts';
import type { DeployDocument, DeployRecord } from './deploy-document.ts';
import { managementMark } from './management-audiences.ts';
import type { TenantContents } from './tenant-contents.ts';

/** What an export holds beside what everyone may know. */
export interface ExportOptions {
  /** Client ids, so that programs find their clients again; without them clients are known by name. */
  readonly withIdentifiers?: boolean;
  /** Client secrets and signing secrets, and the ids that they belong to. */
  readonly withSecrets?: boolean;
}

/** A tenant as the deploy tool would export it: without the global client, the system's API and the system's grants, but for {@link managementMark}. */
export function exportDocument(contents: TenantContents, domain: string, options: ExportOptions = {}): DeployDocument {
  const withSecrets = options.withSecrets === true;
  const withIdentifiers = withSecrets || options.withIdentifiers === true;
  const applications = contents.applications.filter(({ isGlobal }) => !isGlobal);
  const servers = new Map(contents.resourceServers.map((server) => [server.id, server]));
  const nameOf = clientNames(applications, withIdentifiers);
  return {
    ...(Object.keys(contents.settings).length > 0 && { tenant: contents.settings }),
    clients: applications.map((application) => clientRecord(application, contents, { withIdentifiers, withSecrets })),
    resourceServers: contents.resourceServers.filter(({ isSystem }) => !isSystem).map((server) => apiRecord(server, withSecrets)),
    clientGrants: [
      ...contents.clientGrants.filter(({ isSystem }) => !isSystem).map((grant) => grantRecord(grant, { nameOf, servers, domain })),
      managementMark(managementIdentifier(domain)),
    ],
    organizations: contents.organizations.map((organization) => organizationRecord(organization, contents, { nameOf, servers, domain })),
  };
}

type NameOf = (clientId: string) => string;

// Two clients may have one name: then only the id tells them apart.
function clientNames(applications: readonly Application[], withIdentifiers: boolean): NameOf {
  const counts = new Map<string, number>();
  for (const { properties } of applications) counts.set(properties.name, (counts.get(properties.name) ?? 0) + 1);
  const names = new Map(applications.map(({ clientId, properties }) => [clientId, properties.name]));
  return (clientId) => {
    const name = names.get(clientId);
    return name === undefined || (withIdentifiers && counts.get(name) !== 1) ? clientId : name;
  };
}

function clientRecord(
  { clientId, clientSecret, properties }: Application,
  { credentials, organizations }: TenantContents,
  { withIdentifiers, withSecrets }: { withIdentifiers: boolean; withSecrets: boolean },
): DeployRecord {
  // What the tool itself leaves out.
  const { client_authentication_methods: methods, callback_url_template: _, owners: __, name, ...others } = properties;
  const named = methods?.private_key_jwt?.credentials.flatMap(({ id }) => credentials.filter((credential) => credential.id === id)) ?? [];
  const organizationId = properties.default_organization?.organization_id;
  const organization = organizations.find(({ id }) => id === organizationId);
  const hasSecret = withSecrets && methods === undefined && !isPublic(properties);
  return {
    name,
    ...(withIdentifiers && { client_id: clientId }),
    ...(hasSecret && { client_secret: clientSecret }),
    ...others,
    // Also without a key: it must not fall back to a secret.
    ...(methods?.private_key_jwt !== undefined && {
      client_authentication_methods: { private_key_jwt: { credentials: named.map(credentialRecord) } },
    }),
    ...(organization !== undefined && { default_organization: { ...properties.default_organization, organization_id: organization.name } }),
  };
}

// Public keys are no secret, and without them the client could do nothing at another tenant.
function credentialRecord({ name, kid, alg, publicKeyPem, expiresAtMs }: Credential): DeployRecord {
  return {
    credential_type: 'public_key',
    ...(name !== undefined && { name }),
    kid,
    alg,
    pem: publicKeyPem,
    ...(expiresAtMs !== undefined && { expires_at: new Date(expiresAtMs).toISOString() }),
  };
}

function apiRecord({ identifier, signingSecret, properties }: ResourceServer, withSecrets: boolean): DeployRecord {
  const { name, ...others } = properties;
  return {
    ...(name !== undefined && { name }),
    identifier,
    ...others,
    ...(withSecrets && signingSecret !== undefined && { signing_secret: signingSecret }),
  };
}

interface Places {
  readonly nameOf: NameOf;
  readonly servers: ReadonlyMap<string, ResourceServer>;
  readonly domain: string;
}

function audienceOf({ resourceServerId }: ClientGrant, { servers, domain }: Places): string {
  const server = servers.get(resourceServerId);
  return server === undefined ? resourceServerId : identifierOf(server, domain);
}

function grantRecord(grant: ClientGrant, places: Places): DeployRecord {
  const { clientId, defaultFor, organizationUsage, allowAnyOrganization, authorizationDetailsTypes } = grant;
  return {
    ...(clientId !== undefined && { client_id: places.nameOf(clientId) }),
    ...(defaultFor !== undefined && { default_for: defaultFor }),
    audience: audienceOf(grant, places),
    // The tool takes one of the two.
    ...(grant.allowAllScopes ? { allow_all_scopes: true } : { scope: grant.scope }),
    subject_type: grant.subjectType,
    ...(organizationUsage !== undefined && { organization_usage: organizationUsage }),
    ...(allowAnyOrganization !== undefined && { allow_any_organization: allowAnyOrganization }),
    ...(authorizationDetailsTypes !== undefined && { authorization_details_types: authorizationDetailsTypes }),
  };
}

function organizationRecord({ id, name, properties }: Organization, contents: TenantContents, places: Places): DeployRecord {
  const ids = contents.organizationGrants.filter(({ organizationId }) => organizationId === id).map(({ clientGrantId }) => clientGrantId);
  const grants = contents.clientGrants.filter((grant) => ids.includes(grant.id));
  return {
    name,
    ...properties,
    connections: [],
    client_grants: grants.map((grant) => ({
      ...(grant.clientId === undefined ? { default_for: grant.defaultFor } : { client_id: places.nameOf(grant.clientId) }),
      audience: audienceOf(grant, places),
    })),
  };
}
