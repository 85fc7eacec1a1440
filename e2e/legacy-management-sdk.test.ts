import { generateKeyPairSync } from 'node:crypto';
import { AuthenticationClient, ManagementClient } from 'auth0/legacy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant } from './administered-tenant.ts';

const api = 'https://api.travel.example/';

describe('ManagementClient of auth0/legacy, unmodified, over https', () => {
  let running: AdministeredTenant;
  let auth0: ManagementClient;

  beforeAll(async () => {
    running = await administeredTenant({ apis: [{ identifier: api, scopes: ['read:bookings', 'create:bookings'] }] });
    auth0 = new ManagementClient({ ...running.management });
  });

  afterAll(() => running?.close());

  const machine = async (name: string) =>
    (await auth0.clients.create({ name, app_type: 'non_interactive', grant_types: ['client_credentials'] })).data;
  const refusal = (statusCode: number, body: Readonly<Record<string, unknown>>) => expect.objectContaining({ statusCode, ...body });

  it('makes, lists, reads, changes, rotates and deletes clients', async () => {
    const made = await machine('Nightly report');
    const { client_id } = made;
    expect((await auth0.clients.get({ client_id })).data).toMatchObject({ client_id, client_secret: made.client_secret });
    expect((await auth0.clients.update({ client_id }, { description: 'Sums up' })).data).toMatchObject({ description: 'Sums up' });
    const rotated = (await auth0.clients.rotateClientSecret({ client_id })).data;
    expect(rotated.client_secret).not.toBe(made.client_secret);

    const bare = (await auth0.clients.getAll({ per_page: 2, page: 0 })).data;
    expect(bare).toHaveLength(2);
    const totals = (await auth0.clients.getAll({ per_page: 2, page: 1, include_totals: true })).data;
    expect(totals).toMatchObject({ start: 2, limit: 2, total: expect.any(Number), clients: [expect.anything(), expect.anything()] });
    const checkpoint = (await auth0.clients.getAll({ take: 2 })).data as unknown as { next: string; clients: unknown[] };
    expect(checkpoint).toEqual({ next: expect.any(String), clients: expect.any(Array) });
    const rest = (await auth0.clients.getAll({ from: checkpoint.next, take: 100 })).data as unknown as { clients: unknown[] };
    expect(rest).toEqual({ clients: expect.any(Array) });
    expect(checkpoint.clients.length + rest.clients.length).toBe(totals.total);

    await auth0.clients.delete({ client_id });
    await expect(auth0.clients.get({ client_id })).rejects.toEqual(
      refusal(404, { errorCode: 'inexistent_client', msg: 'The client does not exist' }),
    );
  });

  it('makes, lists, reads, changes and deletes the credentials of a client, and lives on them', async () => {
    const { client_id } = await machine('With keys');
    await auth0.clientGrants.create({ client_id, audience: api, scope: ['read:bookings'] });
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const made = (await auth0.clients.createCredential({ client_id }, { credential_type: 'public_key', name: 'first', pem })).data;
    const ofCredential = { client_id, credential_id: made.id };
    expect((await auth0.clients.getCredentials({ client_id })).data).toEqual([made]);
    expect((await auth0.clients.getCredential(ofCredential)).data).toEqual({ ...made, expires_at: null });
    const expires = '2099-01-01T00:00:00.000Z';
    expect((await auth0.clients.updateCredential(ofCredential, { expires_at: expires })).data).toMatchObject({ expires_at: expires });

    const methods = { private_key_jwt: { credentials: [{ id: made.id }] } };
    await auth0.clients.update({ client_id }, { jwt_configuration: { alg: 'RS256' }, client_authentication_methods: methods });
    const authentication = new AuthenticationClient({
      domain: running.tenant.domain,
      clientId: client_id,
      clientAssertionSigningKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      fetch: running.fetch,
    });
    const granted = (await authentication.oauth.clientCredentialsGrant({ audience: api })).data;
    expect(granted).toMatchObject({ token_type: 'Bearer', expires_in: 86_400, scope: 'read:bookings' });
    await auth0.clients.update({ client_id }, { client_authentication_methods: null, token_endpoint_auth_method: 'client_secret_post' });
    await auth0.clients.deleteCredential(ofCredential);
    expect((await auth0.clients.getCredentials({ client_id })).data).toEqual([]);
  });

  it('makes, lists, reads, changes and deletes APIs, with totals and without', async () => {
    const identifier = 'https://api.hotel.example/';
    const { id = '' } = (await auth0.resourceServers.create({ identifier, scopes: [{ value: 'read:rooms' }] })).data;
    expect((await auth0.resourceServers.get({ id: identifier })).data).toMatchObject({ id, identifier, signing_alg: 'RS256' });
    expect((await auth0.resourceServers.update({ id }, { token_lifetime: 9_000 })).data).toMatchObject({ token_lifetime: 9_000 });
    const listed = (await auth0.resourceServers.getAll({ include_totals: true, per_page: 100 })).data;
    expect(listed.resource_servers.map((one) => one.identifier)).toEqual(expect.arrayContaining([identifier, api]));
    expect(listed.total).toBe(listed.resource_servers.length);
    expect((await auth0.resourceServers.getAll({ identifiers: [identifier] })).data).toHaveLength(1);
    await auth0.resourceServers.delete({ id });
    await expect(auth0.resourceServers.get({ id })).rejects.toEqual(refusal(404, { errorCode: 'inexistent_resource_server' }));
  });

  it('makes, lists, changes and deletes grants, and associates them with organizations', async () => {
    const { client_id } = await machine('Grantee');
    const grant = (await auth0.clientGrants.create({ client_id, audience: api, scope: ['read:bookings'] })).data;
    expect((await auth0.clientGrants.update({ id: grant.id }, { organization_usage: 'allow' })).data).toMatchObject({
      organization_usage: 'allow',
    });
    const ofClient = (await auth0.clientGrants.getAll({ client_id, include_totals: true })).data;
    expect(ofClient).toMatchObject({ total: 1, start: 0, client_grants: [{ id: grant.id }] });
    expect((await auth0.clientGrants.getAll({ client_id, audience: api })).data).toHaveLength(1);

    const { id } = (await auth0.organizations.create({ name: 'acme', display_name: 'Acme' })).data;
    expect((await auth0.organizations.get({ id })).data).toMatchObject({ name: 'acme' });
    expect((await auth0.organizations.getByName({ name: 'acme' })).data).toMatchObject({ id });
    expect((await auth0.organizations.update({ id }, { display_name: 'ACME' })).data).toMatchObject({ display_name: 'ACME' });
    expect((await auth0.organizations.getAll({ include_totals: true })).data).toMatchObject({ total: 1, organizations: [{ id }] });
    await auth0.organizations.postOrganizationClientGrants({ id }, { grant_id: grant.id });
    expect((await auth0.organizations.getOrganizationClientGrants({ id, client_id })).data).toMatchObject([{ id: grant.id }]);
    expect((await auth0.clientGrants.getAllOrganizations({ id: grant.id })).data).toMatchObject([{ id }]);
    await expect(auth0.organizations.postOrganizationClientGrants({ id }, { grant_id: grant.id })).rejects.toEqual(
      refusal(409, { msg: 'The client grant has already been added to this organization.' }),
    );
    await auth0.organizations.deleteClientGrantsByGrantId({ id, grant_id: grant.id });
    await auth0.organizations.delete({ id });
    await auth0.clientGrants.delete({ id: grant.id });
    expect((await auth0.clientGrants.getAll({ client_id })).data).toEqual([]);
  });

  it('lists, reads, rotates and revokes signing keys', async () => {
    const current = (await auth0.keys.getAll()).data.find((key) => key.current);
    const kid = current?.kid ?? '';
    const rotated = (await auth0.keys.rotate()).data;
    expect(rotated).toEqual({ kid: expect.any(String), cert: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\r\n/) });
    expect((await auth0.keys.get({ kid })).data).toMatchObject({ previous: true });
    // What it keeps is signed with the key that goes.
    auth0 = new ManagementClient({ ...running.management });
    expect((await auth0.keys.revoke({ kid })).data).toMatchObject({ kid });
    expect((await auth0.keys.get({ kid })).data).toMatchObject({ revoked: true });
  });

  it('reads and changes the settings, reads the statistics, and follows the logs from entry to entry', async () => {
    expect((await auth0.tenants.updateSettings({ friendly_name: 'Travel' })).data).toMatchObject({ friendly_name: 'Travel' });
    expect((await auth0.tenants.getSettings({ fields: 'friendly_name' })).data).toMatchObject({ friendly_name: 'Travel' });
    // As text: it reads the number so.
    expect((await auth0.stats.getActiveUsersCount()).data).toBe('0');
    expect((await auth0.stats.getDaily({ from: '20260101', to: '20260131' })).data).toEqual([]);

    const oldest = (await auth0.logs.getAll({ sort: 'date:1', per_page: 6 })).data;
    expect(oldest).toHaveLength(6);
    const [first] = oldest;
    expect((await auth0.logs.get({ id: first?.log_id ?? '' })).data).toEqual(first);
    const followed: unknown[] = [first?.log_id];
    while (followed.length < oldest.length) {
      const { data } = await auth0.logs.getAll({ from: String(followed.at(-1)), take: 2 });
      followed.push(...data.map((entry) => entry.log_id));
    }
    expect(followed.slice(0, 6)).toEqual(oldest.map((entry) => entry.log_id));
  });
});
