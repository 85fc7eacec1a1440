import { z } from 'zod';
import { clientGrantList } from '../client-grants/client-grant-list.ts';
import { associatedGrantShown, clientGrantShown } from '../client-grants/client-grant-schema.ts';
import { clientGrantView } from '../client-grants/client-grant-view.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { listOf } from '../schema-pieces.ts';
import { association, organizationGrantsQuery } from './organization-schema.ts';

const tag = 'organizations';
const ofOrganization = z.object({ id: z.string().describe('ID of the organization.') });
const mostGrants = 100;

/** Operations of `/organizations/{id}/client-grants`. */
export const organizationGrantOperations: readonly Operation[] = [
  operation({
    id: 'get_organization-client-grants',
    method: 'GET',
    path: '/organizations/{id}/client-grants',
    summary: 'Get client grants associated to an organization',
    tag,
    scopes: { anyOf: ['read:organization_client_grants'] },
    endpoint: 'read_organization_client_grants',
    pathParameters: ofOrganization,
    query: organizationGrantsQuery,
    status: 200,
    response: listOf('client_grants', clientGrantShown, { checkpoint: false }),
    refusals: { 404: 'There is no such organization.' },
    handle: async (call) => {
      const { path, query, parts } = call;
      if ((await parts.store.organization(path.id)) === undefined) throw manageRefusals.noSuchOrganization();
      return await clientGrantList(call, { organizationId: path.id, ids: query.grant_ids });
    },
  }),
  operation({
    id: 'create_organization-client-grants',
    method: 'POST',
    path: '/organizations/{id}/client-grants',
    summary: 'Associate a client grant with an organization',
    tag,
    scopes: { anyOf: ['create:organization_client_grants'] },
    endpoint: 'write_organization_client_grants',
    pathParameters: ofOrganization,
    body: association,
    status: 201,
    response: associatedGrantShown,
    refusals: { 404: 'There is no such organization, or no such grant.', 409: 'The grant is associated already, or 100 others are.' },
    handle: async ({ path, body, parts: { store, index } }) => {
      const grant = await store.write(async (transaction) => {
        if ((await transaction.organization(path.id)) === undefined) throw manageRefusals.noSuchOrganization();
        const found = await transaction.clientGrant(body.grant_id);
        if (found === undefined) throw manageRefusals.noSuchGrant();
        const associated = await transaction.clientGrants(
          { organizationId: path.id },
          { kind: 'after', after: undefined, limit: mostGrants },
        );
        if (associated.items.some(({ id }) => id === found.id)) {
          throw manageRefusals.conflict('The client grant has already been added to this organization.');
        }
        if (associated.items.length >= mostGrants) {
          throw manageRefusals.conflict(`Quota exceeded; cannot add more than ${mostGrants} client grants to a single organization`);
        }
        await transaction.insert({ organizationGrants: [{ organizationId: path.id, clientGrantId: found.id }] });
        return found;
      });
      // As recorded, unlike what the specification says.
      const { id, subject_type: _left, ...rest } = clientGrantView(grant, index);
      return { body: { grant_id: id, ...rest } };
    },
  }),
  operation({
    id: 'delete_client-grants_by_grant_id',
    method: 'DELETE',
    path: '/organizations/{id}/client-grants/{grant_id}',
    summary: 'Remove a client grant from an organization',
    tag,
    scopes: { anyOf: ['delete:organization_client_grants'] },
    endpoint: 'write_organization_client_grants',
    pathParameters: z.object({
      ...ofOrganization.shape,
      grant_id: z.string().describe('The Client Grant ID to remove from the organization.'),
    }),
    status: 204,
    handle: async ({ path, parts: { store } }) => {
      await store.write(
        async (transaction) =>
          await transaction.remove({ organizationGrants: [{ organizationId: path.id, clientGrantId: path.grant_id }] }),
      );
      return {};
    },
  }),
];
