import { z } from 'zod';
import { identifierOf, type ResourceServer } from '../../model/resource-server.ts';
import { TenantError } from '../../tenant-error.ts';
import type { CallParts } from '../manage-parts.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { answerPage } from '../paging.ts';
import { listOf } from '../schema-pieces.ts';
import { createdResourceServer, patchedResourceServer } from './resource-server-change.ts';
import {
  resourceServerCreation,
  resourceServerListQuery,
  resourceServerPatch,
  resourceServerQuery,
  resourceServerShown,
} from './resource-server-schema.ts';

const tag = 'resource-servers';
const ofResourceServer = z.object({ id: z.string().describe('ID or audience of the resource server.') });
const absent = { 404: 'There is no such API.' };
const unlinked = 'Does not show `client_id`, the application of type `resource_server` that is linked to the API.';

function view(server: ResourceServer, domain: string): Record<string, unknown> {
  const { id, signingSecret, isSystem } = server;
  const { name, scopes, ...properties } = server.properties;
  return {
    id,
    ...(name !== undefined && { name }),
    identifier: identifierOf(server, domain),
    ...properties,
    ...(signingSecret !== undefined && { signing_secret: signingSecret }),
    ...(scopes !== undefined && { scopes }),
    ...(isSystem && { is_system: true }),
  };
}

// By its id, or by its identifier.
function idOf(name: string, { index }: CallParts): string | undefined {
  return (index.resourceServerById(name) ?? index.resourceServer(name))?.id;
}

/** Operations of `/resource-servers`. */
export const resourceServerOperations: readonly Operation[] = [
  operation({
    id: 'get_resource-servers',
    method: 'GET',
    path: '/resource-servers',
    summary: 'Get resource servers',
    differs: unlinked,
    tag,
    scopes: { anyOf: ['read:resource_servers'] },
    query: resourceServerListQuery,
    status: 200,
    response: listOf('resource_servers', resourceServerShown, { checkpoint: false }),
    handle: (call) => {
      const { store, index, domain } = call.parts;
      const ids = call.query.identifiers?.flatMap((identifier) => index.resourceServer(identifier)?.id ?? []);
      return answerPage(call, 'resource_servers', {
        read: (page) => store.resourceServers({ ids }, page),
        show: (server) => view(server, domain),
      });
    },
  }),
  operation({
    id: 'get_resource-servers_by_id',
    method: 'GET',
    path: '/resource-servers/{id}',
    summary: 'Get a resource server',
    differs: unlinked,
    tag,
    scopes: { anyOf: ['read:resource_servers'] },
    pathParameters: ofResourceServer,
    query: resourceServerQuery,
    status: 200,
    response: resourceServerShown,
    refusals: absent,
    handle: async ({ path, parts }) => {
      const id = idOf(path.id, parts);
      const server = id === undefined ? undefined : await parts.store.resourceServer(id);
      if (server === undefined) throw manageRefusals.noSuchResourceServer();
      return { body: view(server, parts.domain) };
    },
  }),
  operation({
    id: 'post_resource-servers',
    method: 'POST',
    path: '/resource-servers',
    summary: 'Create a resource server',
    tag,
    scopes: { anyOf: ['create:resource_servers'] },
    body: resourceServerCreation,
    status: 201,
    response: resourceServerShown,
    refusals: { 409: 'An API with this identifier exists.' },
    differs: 'No `token_encryption` and no required `proof_of_possession`: 403 `feature_not_enabled`.',
    handle: async ({ body, parts: { store, index, domain } }) => {
      const created = createdResourceServer(body, domain);
      if (index.resourceServer(body.identifier) !== undefined) throw manageRefusals.resourceServerExists();
      await store
        .write(async (transaction) => await transaction.insert({ resourceServers: [created] }))
        .catch((error: unknown) => {
          // Another node may have been first.
          throw error instanceof TenantError && error.code === 'already_exists' ? manageRefusals.resourceServerExists() : error;
        });
      return { body: view(created, domain) };
    },
  }),
  operation({
    id: 'patch_resource-servers_by_id',
    method: 'PATCH',
    path: '/resource-servers/{id}',
    summary: 'Update a resource server',
    tag,
    scopes: { anyOf: ['update:resource_servers'] },
    pathParameters: ofResourceServer,
    body: resourceServerPatch,
    status: 200,
    response: resourceServerShown,
    refusals: absent,
    handle: async ({ path, body, parts }) => {
      const changed = await parts.store.write(async (transaction) => {
        const id = idOf(path.id, parts);
        const server = id === undefined ? undefined : await transaction.resourceServer(id);
        if (server === undefined) throw manageRefusals.noSuchResourceServer();
        const next = patchedResourceServer(server, body);
        await transaction.replace({ resourceServers: [next] });
        return next;
      });
      return { body: view(changed, parts.domain) };
    },
  }),
  operation({
    id: 'delete_resource-servers_by_id',
    method: 'DELETE',
    path: '/resource-servers/{id}',
    summary: 'Delete a resource server',
    tag,
    scopes: { anyOf: ['delete:resource_servers'] },
    pathParameters: ofResourceServer,
    status: 204,
    handle: async ({ path, parts }) => {
      const id = idOf(path.id, parts);
      if (id === undefined) return {};
      await parts.store.write(async (transaction) => {
        const server = await transaction.resourceServer(id);
        if (server?.isSystem) throw manageRefusals.notSupported('System resource servers cannot be deleted');
        if (server !== undefined) await transaction.remove({ resourceServers: [id] });
      });
      return {};
    },
  }),
];
