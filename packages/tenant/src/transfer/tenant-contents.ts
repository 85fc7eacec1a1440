import type { Application } from '../model/application.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Credential } from '../model/credential.ts';
import type { Organization, OrganizationGrant } from '../model/organization.ts';
import type { ResourceServer } from '../model/resource-server.ts';
import type { SigningKey } from '../model/signing-key.ts';
import { type TenantSettings, tenantSettingsName, tenantSettingsOf } from '../model/tenant-settings.ts';
import type { Page, PageRequest } from '../store/page.ts';
import type { TenantReader } from '../store/tenant-store.ts';

/** Everything that a tenant's owner made, in the order of creation. */
export interface TenantContents {
  readonly settings: TenantSettings;
  readonly signingKeys: readonly SigningKey[];
  readonly resourceServers: readonly ResourceServer[];
  readonly organizations: readonly Organization[];
  readonly applications: readonly Application[];
  readonly credentials: readonly Credential[];
  readonly clientGrants: readonly ClientGrant[];
  readonly organizationGrants: readonly OrganizationGrant[];
}

/** Records that are read in one go. */
const atOnce = 1_000;

/** Reads it. */
export async function contentsOf(reader: TenantReader): Promise<TenantContents> {
  const applications = await allOf((page) => reader.applications({}, page));
  const organizations = await allOf((page) => reader.organizations({}, page));
  const organizationGrants: OrganizationGrant[] = [];
  for (const { id: organizationId } of organizations) {
    const grants = await allOf((page) => reader.clientGrants({ organizationId }, page));
    organizationGrants.push(...grants.map(({ id }) => ({ organizationId, clientGrantId: id })));
  }
  const credentials: Credential[] = [];
  for (let at = 0; at < applications.length; at += atOnce) {
    credentials.push(...(await reader.credentials(...applications.slice(at, at + atOnce).map(({ clientId }) => clientId))));
  }
  return {
    settings: tenantSettingsOf(await reader.setting(tenantSettingsName)),
    signingKeys: await reader.signingKeys(),
    resourceServers: await allOf((page) => reader.resourceServers({}, page)),
    organizations,
    applications,
    credentials,
    clientGrants: await allOf((page) => reader.clientGrants({}, page)),
    organizationGrants,
  };
}

async function allOf<T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await read({ kind: 'after', after, limit: atOnce });
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return items;
}
