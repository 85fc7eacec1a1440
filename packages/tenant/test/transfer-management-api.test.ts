import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DeployDocument } from '../src/transfer/deploy-document.ts';
import { readDeployDocument, writeDeployDocument } from '../src/transfer/document-files.ts';
import { exportDocument } from '../src/transfer/export-document.ts';
import { importDocument } from '../src/transfer/import-document.ts';
import { contentsOf } from '../src/transfer/tenant-contents.ts';
import { runningTenant, temporaryFolder } from './running-tenant.ts';
import { aStore, at, exported } from './transfer-stage.ts';

const ours = 'https://localhost:8443/api/v2/';
const shop = 'https://shop.example/api/v2/';
const auth0 = 'https://acme.eu.auth0.com/api/v2/';
const worker = {
  client_id: 'worker',
  client_secret: 'a-secret-of-a-worker-that-is-long-enough',
  name: 'Worker',
  grant_types: ['client_credentials'],
};
const grantOn = (audience: string, more: object = { scope: ['read:clients'] }) => ({ client_id: 'worker', audience, ...more });

/** What of `document` was granted on which audience, and why the rest was not. */
async function granted(document: DeployDocument): Promise<{ grants: unknown[]; told: string[]; leftOut: string[] }> {
  const store = await aStore();
  const { records, skipped } = await importDocument(store, { clients: [worker], ...document }, at);
  const { clientGrants = [] } = await exported(store);
  return {
    grants: clientGrants.filter(({ client_id: client }) => client === 'Worker').map(({ audience }) => audience),
    told: records.filter(({ kind }) => kind === 'client grant').map(({ name }) => name),
    leftOut: skipped.map(({ what, why }) => `${what}: ${why}`),
  };
}

const unknown = (audience: string): string =>
  `client grant of "worker" on ${audience}: there is no such API; the Management API of this tenant is ${ours}`;

it('keeps an API apart from the Management API, however much its identifier looks like that of one', async () => {
  const scope = ['read:clients', 'read:client_keys'];
  const document = {
    resourceServers: [{ name: 'Shop', identifier: shop, scopes: scope.map((value) => ({ value })) }],
    clients: [worker],
    clientGrants: [grantOn(shop, { scope })],
  };
  const store = await aStore();
  expect(await importDocument(store, document, at)).toMatchObject({
    records: [{ name: shop }, { name: 'Worker' }, { name: `Worker → ${shop}` }],
    skipped: [],
  });
  for (const seeded of [document, await exported(store, { withSecrets: true })]) {
    const tenant = await runningTenant({ document: seeded });
    const { client_id, client_secret } = worker;
    const asked = (audience: string) => tenant.ask({ grant_type: 'client_credentials', client_id, client_secret, audience });
    expect((await asked(shop)).status).toBe(200);
    expect((await asked(tenant.application.audience)).status).toBe(403);
  }
});

it('takes the Management API of another tenant for its own where the document leaves no doubt, and tells what was granted', async () => {
  const named = { name: 'Auth0 Management API', identifier: 'https://id.example/api/v2/' };
  const marked = { name: 'Management', identifier: 'https://id.example/api/v2/', is_system: true };
  for (const [audience, more] of [
    // By its domain, also beside others.
    [auth0, { clientGrants: [grantOn(auth0), grantOn(shop)] }],
    [auth0, { clientGrants: [grantOn(auth0, { allow_all_scopes: true })] }],
    // By what the document says of it.
    [named.identifier, { resourceServers: [named], clientGrants: [grantOn(named.identifier), grantOn(shop)] }],
    [marked.identifier, { resourceServers: [marked], clientGrants: [grantOn(marked.identifier)] }],
    [named.identifier, { clientGrants: [grantOn(named.identifier), { client_id: 'Gone', audience: named.identifier, is_system: true }] }],
    // As it is.
    [ours, { clientGrants: [grantOn(ours), grantOn(shop)] }],
  ] as const) {
    const { grants, told, leftOut } = await granted(more);
    expect([audience, grants]).toEqual([audience, expect.arrayContaining([ours])]);
    expect(grants).not.toContain(shop);
    expect(told).toContain(`Worker → ${ours}`);
    expect(leftOut).not.toContain(unknown(audience));
  }
});

it.each<[string, DeployDocument]>([
  ['nothing else is in the document', { clientGrants: [grantOn(shop)] }],
  ['another API is beside', { clientGrants: [grantOn(shop)], resourceServers: [{ identifier: 'urn:api' }] }],
  ['all scopes are granted', { clientGrants: [grantOn(shop, { allow_all_scopes: true })] }],
  ['it is named beside', { clientGrants: [grantOn(shop), { ...grantOn(ours), client_id: 'Default App' }] }],
  [
    'the document has the Management API itself',
    { resourceServers: [{ identifier: auth0, is_system: true }], clientGrants: [grantOn(shop)] },
  ],
])('leaves out a grant that may be on an API of the owner where %s', async (_why, document) => {
  const { grants, leftOut } = await granted(document);
  expect(grants).toEqual([]);
  expect(leftOut).toContain(unknown(shop));
});

it.each(['folder', 'tenant.yaml'])('exports what it is called, so that any other tenant takes all grants on it, by a %s', async (name) => {
  const [one, other] = [await aStore(), await aStore()];
  const scope = ['read:clients'];
  const clients = [worker, { ...worker, client_id: 'reader', name: 'Reader' }];
  const clientGrants = [grantOn(ours, { allow_all_scopes: true }), { client_id: 'reader', audience: ours, scope }];
  const document = { tenant: { default_audience: ours }, clients, clientGrants };
  await importDocument(one, { ...document, organizations: [{ name: 'acme', client_grants: clientGrants }] }, at);
  const path = join(await temporaryFolder(), name);
  await writeDeployDocument(path, await exported(one, { withSecrets: true }));
  const there = { ...at, domain: 'id.example' };
  const { skipped } = await importDocument(other, await readDeployDocument(path), there);
  expect(skipped).toEqual([]);
  const again = exportDocument(await contentsOf(other), there.domain, { withSecrets: true });
  const theirs = 'https://id.example/api/v2/';
  expect(again).toMatchObject({
    tenant: { default_audience: theirs },
    clientGrants: expect.arrayContaining([
      expect.objectContaining({ client_id: 'Worker', audience: theirs, allow_all_scopes: true }),
      expect.objectContaining({ client_id: 'Reader', audience: theirs, scope }),
    ]) as unknown,
    organizations: [{ client_grants: expect.arrayContaining([{ client_id: 'Worker', audience: theirs }]) as unknown }],
  });
});

it('refuses an API with the identifier of its own Management API', async () => {
  await expect(importDocument(await aStore(), { resourceServers: [{ name: 'Shop', identifier: ours }] }, at)).rejects.toMatchObject({
    code: 'document_invalid',
    place: `API ${ours}`,
  });
});

it('takes the Management API of another tenant as default audience for its own, too', async () => {
  const store = await aStore();
  const document = { tenant: { default_audience: auth0 } };
  await importDocument(store, document, at);
  expect((await exported(store)).tenant).toEqual({ default_audience: ours });
  expect((await importDocument(store, document, at)).records).toEqual([{ kind: 'tenant', name: 'settings', outcome: 'unchanged' }]);
});
