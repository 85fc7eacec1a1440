import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStateFolder } from '@evertoken/service';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import type { DeployDocument } from '../src/transfer/deploy-document.ts';
import { deployYaml, readDeployDocument, writeDeployDocument } from '../src/transfer/document-files.ts';
import { importDocument } from '../src/transfer/import-document.ts';
import { contentsOf } from '../src/transfer/tenant-contents.ts';
import { goodRequest, runningTenant, stateWith, temporaryFolder } from './running-tenant.ts';
import { aStore, at, exported, named } from './transfer-stage.ts';

const sample = fileURLToPath(new URL('./fixtures/auth0-export.yaml', import.meta.url));

it('takes up what a real tenant exports, and says what it did and what it left out', async () => {
  const store = await aStore();
  const { records, skipped } = await importDocument(store, await readDeployDocument(sample), at);
  expect(records.map(({ kind, name, outcome }) => `${outcome} ${kind} ${name}`)).toEqual([
    'created API https://api.travel.example/',
    'created API urn:legacy',
    'created organization acme',
    'changed client Default App',
    'created client Nightly report',
    'created client Web shop',
    'created client grant Nightly report → https://api.travel.example/',
    'created client grant Nightly report → https://localhost:8443/api/v2/',
    'created client grant third_party_clients → urn:legacy',
    'created organization acme: grant of Nightly report',
    'changed tenant settings',
  ]);
  expect(records.find(({ name }) => name === 'Default App')?.fields).toContain('oidc_conformant');
  expect(skipped.map(({ what, why }) => `${what}: ${why}`)).toEqual([
    'organization "acme": connections: organizations have none here',
    'client "Nightly report": a_property_of_next_year: the tenant has no such property',
    'client grant of "Gone" on https://api.travel.example/: there is no such client',
    'tenant: a_setting_of_next_year: the tenant has no such property',
    'rules: the tenant has nothing of this kind',
    'pages: the tenant has nothing of this kind',
    'databases: the tenant has nothing of this kind',
    'triggers: the tenant has nothing of this kind',
  ]);
});

it('changes nothing when the same is imported again', async () => {
  const store = await aStore();
  const document = await readDeployDocument(sample);
  await importDocument(store, document, at);
  const before = await contentsOf(store);
  const { records } = await importDocument(store, document, { ...at, nowMs: at.nowMs + 1_000 });
  expect(records.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
  expect(await contentsOf(store)).toEqual(before);
});

it('exports what was imported, so that another tenant becomes the same and the first does not change', async () => {
  const [one, other] = [await aStore(), await aStore()];
  await importDocument(one, await readDeployDocument(sample), at);
  const document = await exported(one);
  expect((await importDocument(one, document, at)).records.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
  expect((await importDocument(other, document, at)).skipped).toEqual([]);
  expect(await exported(other)).toEqual(document);
});

it('exports what the sample holds', async () => {
  const store = await aStore();
  const { clients, clientGrants, resourceServers, organizations, tenant } = parse(
    await readFile(sample, 'utf8'),
  ) as Required<DeployDocument>;
  await importDocument(store, await readDeployDocument(sample), at);
  const document = await exported(store);
  const { a_property_of_next_year: _, cross_origin_auth: __, ...report } = named(clients, 'Nightly report')!;
  expect(named(document.clients, 'Nightly report')).toMatchObject(report);
  expect(document.resourceServers).toMatchObject(resourceServers!);
  expect(document.clientGrants).toEqual(expect.arrayContaining([clientGrants![0], clientGrants![3]]));
  // The Management API is named by where this tenant is.
  expect(document.clientGrants).toContainEqual({ ...clientGrants![1], audience: 'https://localhost:8443/api/v2/' });
  expect(document.organizations).toEqual([
    expect.objectContaining({
      name: 'acme',
      metadata: { plan: 'gold' },
      client_grants: (organizations![0] as DeployDocument)['client_grants'],
    }),
  ]);
  const { a_setting_of_next_year: ___, ...settings } = tenant!;
  expect(document.tenant).toEqual(settings);
  expect(named(document.clients, 'All Applications')).toBeUndefined();
});

it('exports secrets and ids when it is told to alone, and takes them up again', async () => {
  const [one, other] = [await aStore(), await aStore()];
  await importDocument(one, await readDeployDocument(sample), at);
  const secrets = (await contentsOf(one)).applications.map(({ clientSecret }) => clientSecret);
  const [signingSecret] = (await contentsOf(one)).resourceServers.flatMap((server) => server.signingSecret ?? []);
  expect(signingSecret).toMatch(/^\S{16,}$/);
  const plain = deployYaml(await exported(one));
  for (const secret of [...secrets, signingSecret!]) expect(plain).not.toContain(secret);
  expect(plain).not.toMatch(/^ +client_id: [A-Za-z0-9]{32}$/m);

  const document = await exported(one, { withSecrets: true });
  const { client_id, client_secret } = named(document.clients, 'Nightly report') as Record<string, string>;
  expect(secrets).toContain(client_secret);
  expect(named(document.resourceServers, 'Legacy API')).toMatchObject({ signing_secret: signingSecret });
  await importDocument(other, document, at);
  expect(await other.application(client_id!)).toMatchObject({ clientId: client_id, clientSecret: client_secret });
  expect(await exported(other, { withIdentifiers: true }).then(({ clients }) => named(clients, 'Nightly report'))).not.toHaveProperty(
    'client_secret',
  );
});

it('keeps clients of one name apart by their ids', async () => {
  const [one, other] = [await aStore(), await aStore()];
  const clients = ['first', 'second'].map((description) => ({ name: 'Twin', client_id: `twin-${description}`, description }));
  const clientGrants = [{ client_id: 'twin-second', audience: 'https://localhost:8443/api/v2/', scope: ['read:clients'] }];
  await importDocument(one, { clients, clientGrants }, at);
  const { records } = await importDocument(one, { clients, clientGrants }, at);
  expect(records.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  const document = await exported(one, { withIdentifiers: true });
  expect(document.clientGrants).toContainEqual(expect.objectContaining({ client_id: 'twin-second' }));
  await importDocument(other, document, at);
  expect(await exported(other, { withIdentifiers: true }).then((again) => again.clientGrants)).toEqual(document.clientGrants);
  await expect(importDocument(one, { clients: [{ name: 'Twin' }] }, at)).rejects.toMatchObject({ code: 'document_invalid' });
});

it('carries public keys from tenant to tenant', async () => {
  const [one, other] = [await aStore(), await aStore()];
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const credentials = [{ credential_type: 'public_key', name: 'Build', pem }];
  const document = { clients: [{ name: 'Keyed', client_authentication_methods: { private_key_jwt: { credentials } } }] };
  await importDocument(one, document, at);
  const { records } = await importDocument(one, document, at);
  expect(records).toEqual([{ kind: 'client', name: 'Keyed', outcome: 'unchanged' }]);
  const again = await exported(one, { withSecrets: true });
  expect(named(again.clients, 'Keyed')).toMatchObject({
    client_authentication_methods: { private_key_jwt: { credentials: [{ name: 'Build', alg: 'RS256', pem }] } },
  });
  expect(named(again.clients, 'Keyed')).not.toHaveProperty('client_secret');
  await importDocument(other, again, at);
  const { applications, credentials: kept } = await contentsOf(other);
  const keyed = applications.find(({ properties }) => properties.name === 'Keyed')!;
  expect(keyed.properties.client_authentication_methods?.private_key_jwt?.credentials).toEqual([{ id: kept[0]!.id }]);
});

it('writes nothing of a document of which one record is wrong, and names the record', async () => {
  const store = await aStore();
  const before = await contentsOf(store);
  const good = { name: 'Good' };
  for (const [document, place] of [
    [{ clients: [good, { name: 'Bad', grant_types: ['nonsense'] }] }, /client "Bad"/],
    [{ clients: [good, { name: 'Bad', description: 'x'.repeat(200) }] }, /client "Bad", description/],
    [{ clients: [good, { name: 'Bad', client_id: '../../etc' }] }, /client "Bad", client_id/],
    [{ clients: [good, {}] }, /^clients\[1\]$/],
    [{ clients: [good], resourceServers: [{ name: 'No identifier' }] }, /^resourceServers\[0\]$/],
    [{ clients: [good], resourceServers: [{ identifier: 'urn:x', token_lifetime: -1 }] }, /API urn:x, token_lifetime/],
    [
      { clients: [good], clientGrants: [{ client_id: 'Good', default_for: 'third_party_clients', audience: 'urn:x' }] },
      /client grant of "Good"/,
    ],
    [{ clients: [good], organizations: [{ name: 'NOT A NAME' }] }, /organization "NOT A NAME", name/],
    [{ clients: [good], tenant: { flags: 'none' } }, /tenant, flags/],
  ] as const) {
    await expect(importDocument(store, document, at)).rejects.toMatchObject({
      code: 'document_invalid',
      place: expect.stringMatching(place) as string,
    });
  }
  expect(await contentsOf(store)).toEqual(before);
});

it('leaves the system’s own API as it is', async () => {
  const store = await aStore();
  const resourceServers = [
    { name: 'Auth0 Management API', identifier: 'https://acme.eu.auth0.com/api/v2/', token_lifetime: 5, is_system: true },
  ];
  const { skipped, records } = await importDocument(store, { resourceServers, clients: [{ name: 'All Applications', global: true }] }, at);
  expect([records, skipped.map(({ what }) => what)]).toEqual([[], ['API https://acme.eu.auth0.com/api/v2/', 'client "All Applications"']]);
});

it('reads and writes both layouts of the tool, for its owner alone, and never over what is there', async () => {
  const folder = await temporaryFolder();
  const document = await readDeployDocument(sample);
  const { tenant, clients, resourceServers, clientGrants, organizations } = document;
  const known = { tenant, clients, resourceServers, clientGrants, organizations };
  for (const name of ['tenant.yaml', 'tenant.json', 'folders']) {
    await writeDeployDocument(join(folder, name), known);
    const read = await readDeployDocument(join(folder, name));
    for (const kind of ['clients', 'resourceServers', 'clientGrants', 'organizations'] as const) {
      expect(new Set(read[kind]), `${kind} of ${name}`).toEqual(new Set(known[kind]));
    }
    expect(read.tenant).toEqual(tenant);
    await expect(writeDeployDocument(join(folder, name), known)).rejects.toMatchObject({ code: 'document_unwritable' });
  }
  expect((await stat(join(folder, 'tenant.yaml'))).mode & 0o077).toBe(0);
  expect(await readdir(join(folder, 'folders/grants'))).toContain('Nightly report-https---api.travel.example-.json');
});

it('writes a YAML that it takes back, however often a part of the document comes again', async () => {
  const path = join(await temporaryFolder(), 'tenant.yaml');
  const scope = ['read:things'];
  const clientGrants = Array.from({ length: 200 }, (_, number) => ({
    client_id: `client ${number}`,
    audience: 'https://api.example/',
    scope,
  }));
  await writeDeployDocument(path, { clientGrants });
  expect(await readDeployDocument(path)).toEqual({ clientGrants });
});

it('reads merge keys and aliases as the tool does, of one part more than a hundred times, and still no text that grows without end', async () => {
  const path = join(await temporaryFolder(), 'tenant.yaml');
  const machines = Array.from({ length: 150 }, (_, number) => `  - { <<: *machine, name: m${number}, allowed_clients: *none }`);
  const parts = ['parts:', '  - &machine { app_type: non_interactive, grant_types: [client_credentials] }', '  - &none []'];
  await writeFile(path, [...parts, 'clients:', ...machines].join('\n'));
  const { clients = [] } = await readDeployDocument(path);
  expect(clients).toHaveLength(150);
  const last = { name: 'm149', app_type: 'non_interactive', grant_types: ['client_credentials'], allowed_clients: [] };
  expect(clients.at(-1)).toEqual(last);

  const laughs = Array.from(
    { length: 9 },
    (_, at) => `l${at + 1}: &l${at + 1} [${Array.from({ length: 10 }, () => `*l${at}`).join(', ')}]`,
  );
  await writeFile(path, ['l0: &l0 [lol]', ...laughs].join('\n'));
  await expect(readDeployDocument(path)).rejects.toMatchObject({ code: 'document_unreadable' });
});

it('reads pages from the files beside, and names folders that it does not know', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'clients'));
  await mkdir(join(folder, 'actions'));
  await writeFile(join(folder, 'secret.html'), 'not for this');
  await writeFile(join(folder, 'clients/App_custom_login_page.html'), '<p>Hello</p>');
  await writeFile(join(folder, 'clients/App.json'), JSON.stringify({ name: 'App', custom_login_page: './App_custom_login_page.html' }));
  expect(await readDeployDocument(folder)).toEqual({ actions: [], clients: [{ name: 'App', custom_login_page: '<p>Hello</p>' }] });
  await writeFile(join(folder, 'clients/App.json'), JSON.stringify({ name: 'App', custom_login_page: './../../../../etc/page.html' }));
  expect((await readDeployDocument(folder)).clients).toEqual([{ name: 'App', custom_login_page: './../../../../etc/page.html' }]);
});

it.each([
  ['clients: [', /neither YAML nor JSON/],
  ['just words', /kinds of records/],
  ['clients: {}', /clients is no list/],
  ['clients: [1]', /clients is no list of records/],
  ['tenant: []', /tenant is no record/],
  [
    `a: &a [x, x]\n${Array.from({ length: 12 }, (_, n) => `b${n}: &b${n} [${n === 0 ? '*a, *a' : `*b${n - 1}, *b${n - 1}, *b${n - 1}`}]`).join('\n')}`,
    /neither YAML/,
  ],
])('takes no document like %j', async (text, message) => {
  const path = join(await temporaryFolder(), 'tenant.yaml');
  await writeFile(path, text);
  await expect(readDeployDocument(path)).rejects.toMatchObject({
    code: 'document_unreadable',
    place: path,
    problem: expect.stringMatching(message) as string,
  });
});

it('says so of a document that is not there', async () => {
  await expect(readDeployDocument(join(await temporaryFolder(), 'none.yaml'))).rejects.toMatchObject({
    problem: expect.stringMatching(/ENOENT/) as string,
  });
});

it('gives the imported client tokens that its grant allows', async () => {
  const path = await stateWith();
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(path) });
  await importDocument(store, await readDeployDocument(sample), at);
  const { clients } = await exported(store, { withSecrets: true });
  await store.close();
  const tenant = await runningTenant({ path });
  const { client_id, client_secret } = named(clients, 'Nightly report') as Record<string, string>;
  const asked = await tenant.ask({ ...goodRequest(tenant), client_id: client_id!, client_secret: client_secret! });
  expect([asked.status, await asked.json()]).toEqual([200, expect.objectContaining({ scope: 'read:clients read:client_grants' })]);
});
