import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { seed } from '../src/seed.ts';
import type { DeployDocument } from '../src/transfer/deploy-document.ts';
import { importDocument } from '../src/transfer/import-document.ts';
import { contentsOf } from '../src/transfer/tenant-contents.ts';
import { temporaryFolder } from './running-tenant.ts';
import { aStore, at, exported, named } from './transfer-stage.ts';

it('carries keys that have expired, and clients that have no key left, to the same tenant and to another', async () => {
  const [one, other] = [await aStore(), await aStore()];
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const credentials = [{ credential_type: 'public_key', pem, expires_at: new Date(at.nowMs + 1_000).toISOString() }];
  const keyed = (name: string, list: object[]) => ({ name, client_authentication_methods: { private_key_jwt: { credentials: list } } });
  await importDocument(one, { clients: [keyed('Expired', credentials), keyed('Keyless', [])] }, at);
  const later = { ...at, nowMs: at.nowMs + 60_000 };
  const document = await exported(one, { withSecrets: true });
  expect((await importDocument(one, document, later)).records.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
  await importDocument(other, document, later);
  expect(await exported(other, { withSecrets: true })).toEqual(document);
  expect(named(document.clients, 'Keyless')).toMatchObject(keyed('Keyless', []));
  expect(named(document.clients, 'Keyless')).not.toHaveProperty('client_secret');
});

it('gives no client the secret of another one of its name', async () => {
  const store = await aStore();
  const client = (client_id: string) => ({ name: 'svc', client_id, client_secret: `the-secret-of-${client_id}-${'x'.repeat(40)}` });
  await importDocument(store, { clients: [client('old')] }, at);
  const { records } = await importDocument(store, { clients: [client('new')] }, at);
  expect(records).toEqual([{ kind: 'client', name: 'svc', outcome: 'created' }]);
  for (const id of ['old', 'new']) expect((await store.application(id))?.clientSecret).toBe(client(id).client_secret);
});

it('narrows a grant of all scopes to those that a document lists', async () => {
  const store = await aStore();
  const grant = (scopes: object) => ({ client_id: 'worker', audience: 'urn:api', ...scopes });
  const document = (scopes: object): DeployDocument => ({
    clients: [{ name: 'worker' }],
    resourceServers: [{ identifier: 'urn:api', scopes: [{ value: 'a' }, { value: 'b' }] }],
    clientGrants: [grant(scopes)],
  });
  for (const scopes of [{ allow_all_scopes: true }, { scope: ['a'] }, { allow_all_scopes: true }]) {
    await importDocument(store, document(scopes), at);
    expect((await exported(store)).clientGrants).toContainEqual(expect.objectContaining(grant(scopes)));
  }
});

it('carries the default grant that an organization is associated with', async () => {
  const [one, other] = [await aStore(), await aStore()];
  const grants = [{ default_for: 'third_party_clients', audience: 'urn:api' }];
  await importDocument(
    one,
    {
      resourceServers: [{ identifier: 'urn:api', scopes: [{ value: 'a' }] }],
      clientGrants: [{ ...grants[0]!, scope: ['a'], organization_usage: 'allow' }],
      organizations: [{ name: 'gamma', client_grants: grants }],
    },
    at,
  );
  const document = await exported(one);
  expect(named(document.organizations, 'gamma')).toMatchObject({ client_grants: grants });
  await importDocument(other, document, at);
  expect(await exported(other)).toEqual(document);
});

it.each(['withIdentifiers', 'withSecrets'])('carries grants to a tenant that has other clients of the same names, %s', async (option) => {
  const [one, other] = [await aStore(await temporaryFolder()), await aStore(await temporaryFolder())];
  // As any two tenants: each has its own "Evertoken Agent" and "Default App".
  const [first, second] = [await seed(one, { ...at, host: 'one', isNextKeyLater: true }), await seed(other, { ...at, host: 'two' })];
  await importDocument(one, { organizations: [{ name: 'acme', client_grants: [{ client_id: first.agent.clientId }] }] }, at);
  const document = await exported(one, { [option]: true });
  expect(document.clientGrants).toMatchObject([{ client_id: 'Evertoken Agent' }, { is_system: true }]);
  await importDocument(other, document, at);
  const granted = (await other.clientGrants({}, { kind: 'after', after: undefined, limit: 10 })).items;
  expect(granted.map(({ clientId }) => clientId)).toEqual([second.agent.clientId, first.agent.clientId]);
  const { records } = await importDocument(other, document, at);
  expect(records.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
});

it.each([
  ['clients', [{ name: 'half a \uD83D', app_type: 'non_interactive' }]],
  ['resourceServers', [{ identifier: 'urn:\uDE00' }]],
  ['organizations', [{ name: 'acme', metadata: { 'a \uD83D key': 'x' } }]],
  ['tenant', { friendly_name: '\uD83D' }],
])('takes no text of %s that no store keeps as it is, and nothing else of that document', async (kind, records) => {
  const store = await aStore();
  const before = await contentsOf(store);
  const document = { resourceServers: [{ identifier: 'urn:whole:\u{1F600}' }], [kind]: records };
  await expect(importDocument(store, document, at)).rejects.toMatchObject({ code: 'document_invalid', place: kind });
  expect(await contentsOf(store)).toEqual(before);
});
