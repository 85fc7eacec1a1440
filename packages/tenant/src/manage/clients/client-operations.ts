import { z } from 'zod';
import type { Application } from '../../model/application.ts';
import { newClientSecret } from '../../model/random-id.ts';
import type { TenantWriter } from '../../store/tenant-store.ts';
import { requireScope } from '../bearer.ts';
import type { CallParts } from '../manage-parts.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { listOf } from '../schema-pieces.ts';
import { createdClient, patchedClient, withSecret } from './client-change.ts';
import { clientList } from './client-list.ts';
import { clientListQuery, clientQuery } from './client-queries.ts';
import { refuseAbsentFeatures, refuseContradictions, refuseLoosePointers } from './client-rules.ts';
import { type ClientPatch, clientCreation, clientPatch, clientShown } from './client-schema.ts';
import { type ClientView, clientReadScopes, clientSight, clientView } from './client-visibility.ts';

const tag = 'clients';
const ofClient = z.object({ id: z.string().describe('ID of the client.') });
const updateScopes = ['update:clients', 'update:client_keys', 'update:client_credentials', 'update:client_token_vault_privileged_access'];

// Whoever may write a client sees its secret in the answer: to a mere creator it is shown nowhere else. Not seen on Auth0 itself for tokens without
// read:client_keys.
function shown(application: Application, { index, tenant }: CallParts): ClientView {
  return clientView(application, tenant, index.currentKey().certificate);
}

async function changeClient(
  { store }: CallParts,
  id: string,
  change: (application: Application, transaction: TenantWriter) => Promise<Application>,
): Promise<Application> {
  return await store.write(async (transaction) => {
    const application = await transaction.application(id);
    if (application === undefined) throw manageRefusals.noSuchClient();
    const changed = await change(application, transaction);
    await transaction.replace({ applications: [changed] });
    return changed;
  });
}

async function refuseForeignCredentials(
  transaction: TenantWriter,
  clientId: string,
  { client_authentication_methods: methods }: ClientPatch,
): Promise<void> {
  for (const { id } of methods?.private_key_jwt?.credentials ?? []) {
    if ((await transaction.credential(id))?.clientId !== clientId) throw manageRefusals.invalidBody(`The client has no credential ${id}`);
  }
}

/** Operations of `/clients`. */
export const clientOperations: readonly Operation[] = [
  operation({
    id: 'get_clients',
    method: 'GET',
    path: '/clients',
    summary: 'Get clients',
    tag,
    scopes: { anyOf: clientReadScopes },
    endpoint: 'read_clients',
    query: clientListQuery,
    status: 200,
    response: listOf('clients', clientShown),
    refusals: { 403: 'A field in `fields` may not be read with the scopes of the token.' },
    handle: clientList,
  }),
  operation({
    id: 'get_clients_by_id',
    method: 'GET',
    path: '/clients/{id}',
    summary: 'Get client by ID',
    tag,
    scopes: { anyOf: clientReadScopes },
    endpoint: 'read_clients',
    pathParameters: ofClient,
    query: clientQuery,
    status: 200,
    response: clientShown,
    refusals: { 404: 'There is no such client.' },
    handle: async ({ path, query, bearer, parts }) => {
      const { store, index, tenant } = parts;
      const see = clientSight(bearer, query, { tenant, certificate: index.currentKey().certificate });
      const application = await store.application(path.id);
      if (application === undefined) throw manageRefusals.noSuchClient();
      return { body: see(application) };
    },
  }),
  operation({
    id: 'post_clients',
    method: 'POST',
    path: '/clients',
    summary: 'Create a client',
    tag,
    scopes: { anyOf: ['create:clients'] },
    body: clientCreation,
    status: 201,
    response: clientShown,
    refusals: { 404: 'It names an organization or an API that there is not.', 409: 'Another client has the alias.' },
    differs:
      'Shows no private key in `signing_keys`. No client certificates, signed request objects and token vaults: 403 `feature_not_enabled`.',
    handle: async ({ body, bearer, parts }) => {
      if (body.client_authentication_methods !== undefined) requireScope(bearer, { anyOf: ['create:client_credentials'] });
      refuseAbsentFeatures(body);
      const { application, credentials } = createdClient(body, parts.now());
      refuseContradictions(application.properties);
      await parts.store.write(async (transaction) => {
        await refuseLoosePointers(application.properties, { reader: transaction, index: parts.index, clientId: application.clientId });
        await transaction.insert({ applications: [application], credentials });
      });
      return { body: { ...shown(application, parts), encrypted: true } };
    },
  }),
  operation({
    id: 'patch_clients_by_id',
    method: 'PATCH',
    path: '/clients/{id}',
    summary: 'Update a client',
    tag,
    scopes: { anyOf: updateScopes },
    pathParameters: ofClient,
    body: clientPatch,
    status: 200,
    response: clientShown,
    refusals: { 404: 'There is no such client, or it names an organization that there is not.', 409: 'Another client has the alias.' },
    handle: async ({ path, body, bearer, parts }) => {
      const { client_secret: secret, client_authentication_methods: methods, signing_key: key, ...others } = body;
      // Each part of a client has a scope of its own.
      if (secret !== undefined || key !== undefined) requireScope(bearer, { anyOf: ['update:client_keys'] });
      if (methods !== undefined) requireScope(bearer, { anyOf: ['update:client_credentials'] });
      if (Object.keys(others).length > 0) requireScope(bearer, { anyOf: ['update:clients'] });
      refuseAbsentFeatures(body);
      const at = { nowMs: parts.now(), graceMs: parts.secretGraceMs };
      const changed = await changeClient(parts, path.id, async (application, transaction) => {
        const next = patchedClient(application, body, at);
        refuseContradictions(next.properties);
        await refuseForeignCredentials(transaction, path.id, body);
        // Only what this change points at: what was there before may have gone since.
        const { default_organization, client_aliases } = body;
        const pointers = {
          ...next.properties,
          resource_server_identifier: undefined,
          default_organization: default_organization ?? undefined,
          client_aliases,
        };
        await refuseLoosePointers(pointers, { reader: transaction, index: parts.index, clientId: path.id });
        return next;
      });
      return { body: shown(changed, parts) };
    },
  }),
  operation({
    id: 'delete_clients_by_id',
    method: 'DELETE',
    path: '/clients/{id}',
    summary: 'Delete a client',
    tag,
    scopes: { anyOf: ['delete:clients'] },
    pathParameters: ofClient,
    status: 204,
    handle: async ({ path, parts: { store } }) => {
      await store.write(async (transaction) => {
        const application = await transaction.application(path.id);
        if (application?.isGlobal) throw manageRefusals.notSupported('Global client cannot be deleted');
        if (application !== undefined) await transaction.remove({ applications: [path.id] });
      });
      return {};
    },
  }),
  operation({
    id: 'post_rotate_secret',
    method: 'POST',
    path: '/clients/{id}/rotate-secret',
    summary: 'Rotate a client secret',
    tag,
    scopes: { anyOf: ['update:client_keys'] },
    pathParameters: ofClient,
    status: 200,
    response: clientShown,
    refusals: { 400: 'The client proves itself with a key.', 404: 'There is no such client.' },
    handle: async ({ path, parts }) => {
      const at = { nowMs: parts.now(), graceMs: parts.secretGraceMs };
      const secret = newClientSecret();
      const changed = await changeClient(parts, path.id, (application) => {
        if (application.properties.client_authentication_methods !== undefined) {
          throw manageRefusals.notSupported('The secret of a client with client_authentication_methods cannot be rotated');
        }
        return Promise.resolve(withSecret(application, secret, at));
      });
      return { body: shown(changed, parts) };
    },
  }),
];
