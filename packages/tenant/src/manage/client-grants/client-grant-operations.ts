import { z } from 'zod';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { organizationShown } from '../organizations/organization-schema.ts';
import { organizationView } from '../organizations/organization-view.ts';
import { answerPage, checkpointPaging, offsetPaging, type PagingQuery } from '../paging.ts';
import { listOf } from '../schema-pieces.ts';
import { createdGrant, patchedGrant, refuseBadGrant } from './client-grant-change.ts';
import { clientGrantList } from './client-grant-list.ts';
import { clientGrantCreation, clientGrantListQuery, clientGrantPatch, clientGrantShown } from './client-grant-schema.ts';
import { clientGrantView } from './client-grant-view.ts';

const tag = 'client-grants';
const ofGrant = z.object({ id: z.string().describe('ID of the client grant.') });
const absent = { 404: 'There is no such grant.' };
const pagingQuery: z.ZodType<PagingQuery> = z.strictObject({ ...offsetPaging, ...checkpointPaging });

/** Operations of `/client-grants`. */
export const clientGrantOperations: readonly Operation[] = [
  operation({
    id: 'get_client-grants',
    method: 'GET',
    path: '/client-grants',
    summary: 'Get client grants',
    tag,
    scopes: { anyOf: ['read:client_grants'] },
    query: clientGrantListQuery,
    status: 200,
    response: listOf('client_grants', clientGrantShown),
    handle: (call) => {
      const { subject_type: subjectType, default_for: defaultFor, allow_any_organization: isForAny } = call.query;
      // As the service documents it, this filter can be asked for grants for any organization alone.
      return clientGrantList(call, { subjectType, defaultFor, ...(isForAny && { allowAnyOrganization: true }) });
    },
  }),
  operation({
    id: 'get_client-grants_by_id',
    method: 'GET',
    path: '/client-grants/{id}',
    summary: 'Get client grant',
    tag,
    scopes: { anyOf: ['read:client_grants'] },
    pathParameters: ofGrant,
    status: 200,
    response: clientGrantShown,
    refusals: absent,
    handle: async ({ path, parts: { store, index } }) => {
      const grant = await store.clientGrant(path.id);
      if (grant === undefined) throw manageRefusals.noSuchGrant();
      return { body: clientGrantView(grant, index) };
    },
  }),
  operation({
    id: 'post_client-grants',
    method: 'POST',
    path: '/client-grants',
    summary: 'Create client grant',
    tag,
    scopes: { anyOf: ['create:client_grants'] },
    body: clientGrantCreation,
    status: 201,
    response: clientGrantShown,
    refusals: { 404: 'There is no such client, or no such API.', 409: 'The client has a grant of this kind for the API.' },
    handle: async ({ body, parts: { store, index } }) => {
      if ((body.client_id === undefined) === (body.default_for === undefined)) {
        throw manageRefusals.invalidBody(
          body.client_id === undefined
            ? "Payload validation error: 'Missing required property: client_id'."
            : 'Only one of client_id and default_for can be given',
        );
      }
      const grant = await store.write(async (transaction) => {
        const application = body.client_id === undefined ? undefined : await transaction.application(body.client_id);
        if (body.client_id !== undefined && application === undefined) throw manageRefusals.clientNotFound();
        const resourceServer = index.resourceServer(body.audience);
        if (resourceServer === undefined) throw manageRefusals.noIdentifier(body.audience);
        const created = createdGrant(body, resourceServer.id);
        refuseBadGrant(created, { application, resourceServer });
        const { clientId, defaultFor, resourceServerId, subjectType } = created;
        const same = await transaction.clientGrants(
          { clientId, defaultFor, resourceServerId, subjectType },
          { kind: 'after', after: undefined, limit: 1 },
        );
        if (same.items.length > 0) throw manageRefusals.conflict('client_grant already exists');
        await transaction.insert({ clientGrants: [created] });
        return created;
      });
      return { body: clientGrantView(grant, index) };
    },
  }),
  operation({
    id: 'patch_client-grants_by_id',
    method: 'PATCH',
    path: '/client-grants/{id}',
    summary: 'Update client grant',
    tag,
    scopes: { anyOf: ['update:client_grants'] },
    pathParameters: ofGrant,
    body: clientGrantPatch,
    status: 200,
    response: clientGrantShown,
    refusals: absent,
    handle: async ({ path, body, parts: { store, index } }) => {
      const changed = await store.write(async (transaction) => {
        const grant = await transaction.clientGrant(path.id);
        if (grant === undefined) throw manageRefusals.noSuchGrant();
        if (grant.isSystem) throw manageRefusals.notSupported('System client grants cannot be patched');
        const next = patchedGrant(grant, body);
        const application = next.clientId === undefined ? undefined : await transaction.application(next.clientId);
        refuseBadGrant(next, { application, resourceServer: { isSystem: false } });
        await transaction.replace({ clientGrants: [next] });
        return next;
      });
      return { body: clientGrantView(changed, index) };
    },
  }),
  operation({
    id: 'delete_client-grants_by_id',
    method: 'DELETE',
    path: '/client-grants/{id}',
    summary: 'Delete client grant',
    tag,
    scopes: { anyOf: ['delete:client_grants'] },
    pathParameters: ofGrant,
    status: 204,
    handle: async ({ path, parts: { store } }) => {
      await store.write(async (transaction) => {
        const grant = await transaction.clientGrant(path.id);
        if (grant?.isSystem) throw manageRefusals.notSupported('System client grants cannot be deleted');
        if (grant !== undefined) await transaction.remove({ clientGrants: [path.id] });
      });
      return {};
    },
  }),
  operation({
    id: 'get_client-grant-organizations',
    method: 'GET',
    path: '/client-grants/{id}/organizations',
    summary: 'Get the organizations associated to a client grant',
    tag,
    scopes: { anyOf: ['read:organization_client_grants'] },
    endpoint: 'read_organization_client_grants',
    pathParameters: ofGrant,
    query: pagingQuery,
    status: 200,
    response: listOf('organizations', organizationShown),
    refusals: absent,
    handle: async (call) => {
      const { id: clientGrantId } = call.path;
      const { store } = call.parts;
      if ((await store.clientGrant(clientGrantId)) === undefined) throw manageRefusals.noSuchGrant();
      return await answerPage(call, 'organizations', {
        read: (page) => store.organizations({ clientGrantId }, page),
        show: organizationView,
      });
    },
  }),
];
