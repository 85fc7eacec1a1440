import { z } from 'zod';
import type { Application } from '../../model/application.ts';
import type { Credential } from '../../model/credential.ts';
import type { TenantReader } from '../../store/tenant-store.ts';
import { manageRefusals } from '../manage-refusal.ts';
import { type Operation, operation } from '../operation.ts';
import { credentialCreation, credentialPatch, credentialShown } from './credential-schema.ts';
import { credentialView } from './credential-view.ts';
import { futureMs, newCredential, refuseClashes } from './new-credential.ts';

const tag = 'clients';
const ofClient = z.object({ id: z.string().describe('ID of the client.') });
const ofCredential = z.object({ ...ofClient.shape, credential_id: z.string().describe('ID of the credential.') });
const absent = { 404: 'There is no such client, or it has no such credential.' };

async function clientNamed(reader: TenantReader, id: string): Promise<Application> {
  const application = await reader.application(id);
  if (application === undefined) throw manageRefusals.noSuchClient();
  return application;
}

async function credentialOf(reader: TenantReader, path: { id: string; credential_id: string }): Promise<Credential> {
  await clientNamed(reader, path.id);
  const credential = await reader.credential(path.credential_id);
  if (credential?.clientId !== path.id) throw manageRefusals.noSuchCredential();
  return credential;
}

/** Operations of `/clients/{id}/credentials`. */
export const credentialOperations: readonly Operation[] = [
  operation({
    id: 'get_credentials',
    method: 'GET',
    path: '/clients/{id}/credentials',
    summary: 'Get client credentials',
    tag,
    scopes: { anyOf: ['read:client_credentials'] },
    pathParameters: ofClient,
    // Tools send paging parameters here, and the service takes no notice of them.
    query: z.object({}),
    status: 200,
    response: z.array(credentialShown),
    refusals: { 404: 'There is no such client.' },
    handle: async ({ path, parts: { store } }) => {
      await clientNamed(store, path.id);
      return { body: (await store.credentials(path.id)).map((credential) => credentialView(credential)) };
    },
  }),
  operation({
    id: 'post_credentials',
    method: 'POST',
    path: '/clients/{id}/credentials',
    summary: 'Create a client credential',
    tag,
    scopes: { anyOf: ['create:client_credentials'] },
    pathParameters: ofClient,
    body: credentialCreation,
    status: 201,
    response: credentialShown,
    refusals: { 404: 'There is no such client.', 409: 'The client has this key or key id already.' },
    differs: 'Public keys alone: credentials of certificates (`cert_subject_dn`, `x509_cert`) answer 403 `feature_not_enabled`.',
    handle: async ({ path, body, parts: { store, now } }) => {
      const credential = newCredential(body, path.id, now());
      await store.write(async (transaction) => {
        await clientNamed(transaction, path.id);
        refuseClashes(credential, await transaction.credentials(path.id));
        await transaction.insert({ credentials: [credential] });
      });
      return { body: credentialView(credential) };
    },
  }),
  operation({
    id: 'get_credentials_by_credential_id',
    method: 'GET',
    path: '/clients/{id}/credentials/{credential_id}',
    summary: 'Get client credential details',
    tag,
    scopes: { anyOf: ['read:client_credentials'] },
    pathParameters: ofCredential,
    query: z.object({}),
    status: 200,
    response: credentialShown,
    refusals: absent,
    handle: async ({ path, parts: { store } }) => ({ body: credentialView(await credentialOf(store, path), { expires_at: null }) }),
  }),
  operation({
    id: 'patch_credentials_by_credential_id',
    method: 'PATCH',
    path: '/clients/{id}/credentials/{credential_id}',
    summary: 'Update a client credential',
    tag,
    scopes: { anyOf: ['update:client_credentials'] },
    pathParameters: ofCredential,
    body: credentialPatch,
    status: 200,
    response: credentialShown,
    refusals: absent,
    handle: async ({ path, body, parts: { store, now } }) => {
      const changed = await store.write(async (transaction) => {
        const credential = await credentialOf(transaction, path);
        const expiresAtMs = body.expires_at === undefined ? credential.expiresAtMs : body.expires_at && futureMs(body.expires_at, now());
        const next: Credential = { ...credential, expiresAtMs: expiresAtMs || undefined, updatedAtMs: now() };
        await transaction.replace({ credentials: [next] });
        return next;
      });
      return { body: credentialView(changed, { expires_at: null }) };
    },
  }),
  operation({
    id: 'delete_credentials_by_credential_id',
    method: 'DELETE',
    path: '/clients/{id}/credentials/{credential_id}',
    summary: 'Delete a client credential',
    tag,
    scopes: { anyOf: ['delete:client_credentials'] },
    pathParameters: ofCredential,
    status: 204,
    handle: async ({ path, parts: { store, now } }) => {
      await store.write(async (transaction) => {
        const credential = await transaction.credential(path.credential_id);
        if (credential?.clientId !== path.id) return;
        const application = await transaction.application(path.id);
        if (application !== undefined) await transaction.replace({ applications: [withoutCredential(application, credential.id, now())] });
        await transaction.remove({ credentials: [credential.id] });
      });
      return {};
    },
  }),
];

// A method whose last key is gone stays: a client that proved itself with keys must not fall back to a secret. Not seen on Auth0 itself.
function withoutCredential(application: Application, credentialId: string, nowMs: number): Application {
  const methods = application.properties.client_authentication_methods;
  if (methods?.private_key_jwt === undefined) return application;
  const credentials = methods.private_key_jwt.credentials.filter(({ id }) => id !== credentialId);
  const properties = { ...application.properties, client_authentication_methods: { private_key_jwt: { credentials } } };
  return { ...application, properties, updatedAtMs: nowMs };
}
