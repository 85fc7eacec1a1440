import { organizationCreation } from '../manage/organizations/organization-schema.ts';
import type { ClientGrant } from '../model/client-grant.ts';
import type { Organization, OrganizationProperties } from '../model/organization.ts';
import { newOrganizationId } from '../model/random-id.ts';
import { withoutNulls } from '../model/without-nulls.ts';
import type { DeployRecord } from './deploy-document.ts';
import { changedFields, type ImportDraft, invalid } from './import-draft.ts';

/** Parts that the tool exports and the tenant has nothing of; empty ones are no loss. */
const absentParts = ['connections', 'discovery_domains', 'clients'];

/** Puts one organization of a document into `draft`; its grants are for {@link importOrganizationGrants}. */
export function importOrganization(record: DeployRecord, draft: ImportDraft): void {
  const what = `organization "${String(record['name'])}"`;
  for (const part of absentParts) {
    const value = record[part];
    if (Array.isArray(value) && value.length > 0) draft.skip(`${what}: ${part}`, 'organizations have none here');
  }
  const silently = ['id', 'client_grants', ...absentParts];
  const { name, enabled_connections: _, ...body } = draft.read(what, withoutNulls(record), organizationCreation, silently);
  const properties = body as OrganizationProperties;
  const existing = draft.organizationNamed(name);
  if (existing === undefined) {
    const made: Organization = { id: newOrganizationId(), name, properties };
    draft.organizations.put(made);
    draft.tell('organization', name, undefined);
    return;
  }
  const after: Organization = { ...existing, properties: { ...existing.properties, ...properties } };
  const fields = changedFields(existing.properties, after.properties);
  if (fields.length > 0) draft.organizations.put(after);
  draft.tell('organization', name, fields);
}

/**
 * Associates an organization of a document with the grants that it names by their client (or what they are the default for), and by audience where that is
 * said.
 */
export function importOrganizationGrants(record: DeployRecord, draft: ImportDraft): void {
  const organization = draft.organizationNamed(String(record['name']));
  const listed = record['client_grants'] ?? [];
  if (organization === undefined) return;
  const what = `organization "${organization.name}"`;
  if (!Array.isArray(listed)) throw invalid(what, 'client_grants is no list');
  for (const entry of listed as DeployRecord[]) {
    const [client, audience, defaultFor] = [entry['client_id'], entry['audience'], entry['default_for']].map((value) =>
      typeof value === 'string' ? value : undefined,
    );
    const holder = client ?? defaultFor;
    const clientId = client === undefined ? undefined : draft.clientNamed(client)?.clientId;
    const apiId = audience === undefined ? undefined : draft.apiOf(audience)?.id;
    const isHeld = (grant: ClientGrant): boolean =>
      client === undefined
        ? defaultFor !== undefined && grant.defaultFor === defaultFor
        : clientId !== undefined && grant.clientId === clientId;
    const grants = draft.clientGrants
      .all()
      .filter((grant) => isHeld(grant) && grant.subjectType === 'client')
      .filter((grant) => audience === undefined || grant.resourceServerId === apiId);
    if (grants.length === 0) draft.skip(`${what}: client grant of ${JSON.stringify(holder)}`, 'there is no such grant');
    for (const { id: clientGrantId } of grants) {
      if (draft.organizationGrants.get(`${organization.id} ${clientGrantId}`) !== undefined) continue;
      draft.organizationGrants.put({ organizationId: organization.id, clientGrantId });
      draft.tell('organization', `${organization.name}: grant of ${String(holder)}`, undefined);
    }
  }
}
