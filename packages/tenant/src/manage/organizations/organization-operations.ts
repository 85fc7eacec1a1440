import { z } from 'zod';
import type { Organization } from '../../model/organization.ts';
import { newOrganizationId } from '../../model/random-id.ts';
import { withoutNulls } from '../../model/without-nulls.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { answerPage } from '../paging.ts';
import { listOf } from '../schema-pieces.ts';
import {
  type OrganizationPatch,
  organizationCreation,
  organizationListQuery,
  organizationPatch,
  organizationShown,
} from './organization-schema.ts';
import { organizationView } from './organization-view.ts';

const tag = 'organizations';
const ofOrganization = z.object({ id: z.string().describe('ID of the organization.') });
const absent = { 404: 'There is no such organization.' };
const taken = { 409: 'Another organization has the name.' };

// Metadata are replaced as a whole, unlike those of clients. Not seen on Auth0 itself.
function patched(organization: Organization, { name = organization.name, ...given }: OrganizationPatch): Organization {
  const metadata = given.metadata === undefined ? {} : { metadata: withoutNulls(given.metadata) };
  return { ...organization, name, properties: withoutNulls({ ...organization.properties, ...given, ...metadata }) };
}

/** Operations of `/organizations`, as far as client grants need them. */
export const organizationOperations: readonly Operation[] = [
  operation({
    id: 'get_organizations',
    method: 'GET',
    path: '/organizations',
    summary: 'Get organizations',
    tag,
    scopes: { anyOf: ['read:organizations', 'read:organizations_summary'] },
    query: organizationListQuery,
    status: 200,
    response: listOf('organizations', organizationShown),
    differs: 'Always in the order of creation, whatever `sort` says.',
    handle: (call) =>
      answerPage(call, 'organizations', { read: (page) => call.parts.store.organizations({}, page), show: organizationView }),
  }),
  operation({
    id: 'get_organizations_by_id',
    method: 'GET',
    path: '/organizations/{id}',
    summary: 'Get organization',
    tag,
    scopes: { anyOf: ['read:organizations', 'read:organizations_summary'] },
    pathParameters: ofOrganization,
    status: 200,
    response: organizationShown,
    refusals: absent,
    handle: async ({ path, parts: { store } }) => {
      const organization = await store.organization(path.id);
      if (organization === undefined) throw manageRefusals.noSuchOrganization();
      return { body: organizationView(organization) };
    },
  }),
  operation({
    id: 'get_name_by_name',
    method: 'GET',
    path: '/organizations/name/{name}',
    summary: 'Get organization by name',
    tag,
    scopes: { anyOf: ['read:organizations', 'read:organizations_summary'] },
    pathParameters: z.object({ name: z.string().describe('Name of the organization.') }),
    status: 200,
    response: organizationShown,
    refusals: absent,
    handle: async ({ path, parts: { store } }) => {
      const organization = await store.organizationNamed(path.name);
      if (organization === undefined) throw manageRefusals.noSuchOrganization();
      return { body: organizationView(organization) };
    },
  }),
  operation({
    id: 'post_organizations',
    method: 'POST',
    path: '/organizations',
    summary: 'Create an organization',
    tag,
    scopes: { anyOf: ['create:organizations'] },
    body: organizationCreation,
    status: 201,
    response: organizationShown,
    refusals: taken,
    differs: 'No connections, members and invitations: organizations are there for client grants alone.',
    handle: async ({ body: { name, enabled_connections: _none, ...given }, parts: { store } }) => {
      const organization: Organization = { id: newOrganizationId(), name, properties: withoutNulls(given) };
      await store.write(async (transaction) => {
        if ((await transaction.organizationNamed(name)) !== undefined) throw manageRefusals.organizationExists();
        await transaction.insert({ organizations: [organization] });
      });
      return { body: organizationView(organization) };
    },
  }),
  operation({
    id: 'patch_organizations_by_id',
    method: 'PATCH',
    path: '/organizations/{id}',
    summary: 'Modify an organization',
    tag,
    scopes: { anyOf: ['update:organizations'] },
    pathParameters: ofOrganization,
    body: organizationPatch,
    status: 200,
    response: organizationShown,
    refusals: { ...absent, ...taken },
    handle: async ({ path, body, parts: { store } }) => {
      const changed = await store.write(async (transaction) => {
        const organization = await transaction.organization(path.id);
        if (organization === undefined) throw manageRefusals.noSuchOrganization();
        const next = patched(organization, body);
        const other = await transaction.organizationNamed(next.name);
        if (other !== undefined && other.id !== path.id) throw manageRefusals.organizationExists();
        await transaction.replace({ organizations: [next] });
        return next;
      });
      return { body: organizationView(changed) };
    },
  }),
  operation({
    id: 'delete_organizations_by_id',
    method: 'DELETE',
    path: '/organizations/{id}',
    summary: 'Delete organization',
    tag,
    scopes: { anyOf: ['delete:organizations'] },
    pathParameters: ofOrganization,
    status: 204,
    handle: async ({ path, parts: { store, index } }) => {
      await store.write(async (transaction) => {
        // No client is left with a default that there is not.
        const clients = await Promise.all(index.clientsByDefault(path.id).map((id) => transaction.application(id)));
        const applications = clients.flatMap((client) => {
          if (client?.properties.default_organization?.organization_id !== path.id) return [];
          const { default_organization: _, ...properties } = client.properties;
          return [{ ...client, properties }];
        });
        if (applications.length > 0) await transaction.replace({ applications });
        return await transaction.remove({ organizations: [path.id] });
      });
      return {};
    },
  }),
];
