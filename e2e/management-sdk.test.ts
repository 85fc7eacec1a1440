import { generateKeyPairSync } from 'node:crypto';
import { ManagementClient, ManagementError } from 'auth0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant } from './administered-tenant.ts';
import { everyItem } from './every-page.ts';

const api = 'https://api.travel.example/';

describe('ManagementClient of node-auth0 7, unmodified, over https', () => {
  let running: AdministeredTenant;
  let auth0: ManagementClient;

  beforeAll(async () => {
    running = await administeredTenant({ apis: [{ identifier: api, scopes: ['read:bookings', 'create:bookings'] }] });
    auth0 = new ManagementClient({ ...running.management });
  });

  afterAll(() => running?.close());

  const machine = (name: string) => auth0.clients.create({ name, app_type: 'non_interactive', grant_types: ['client_credentials'] });
  const idOf = (made: { client_id?: string | undefined }): string => made.client_id ?? '';
  const refusal = (statusCode: number, body: Readonly<Record<string, unknown>>) =>
    expect.objectContaining({ statusCode, body: expect.objectContaining({ statusCode, ...body }) });
  const asked = (path: string): number => running.tenant.requests.filter((request) => request.path === path).length;

  it('mints one token for all its calls', async () => {
    await auth0.clients.list();
    const before = running.tenant.tokenRequests.length;
    for (let call = 0; call < 5; call += 1) await auth0.tenants.settings.get();
    expect(running.tenant.tokenRequests.length).toBe(before);
  });

  describe('clients', () => {
    it('makes, reads, changes and deletes one', async () => {
      const made = await auth0.clients.create({
        name: 'Nightly report',
        app_type: 'non_interactive',
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'client_secret_post',
        client_metadata: { team: 'sales', region: 'north' },
      });
      expect(made).toMatchObject({ name: 'Nightly report', is_first_party: true, client_metadata: { team: 'sales', region: 'north' } });
      expect(made.client_secret).toMatch(/^[\w-]{64}$/);

      const { encrypted: _whenMade, ...lasting } = made;
      expect(await auth0.clients.get(idOf(made))).toEqual(lasting);
      const patch = {
        description: 'Sums up the day',
        client_metadata: { region: null },
        token_endpoint_auth_method: 'client_secret_basic',
      };
      expect(await auth0.clients.update(idOf(made), patch as Parameters<typeof auth0.clients.update>[1])).toMatchObject({
        description: 'Sums up the day',
        client_metadata: { team: 'sales' },
        token_endpoint_auth_method: 'client_secret_basic',
      });
      await auth0.clients.delete(idOf(made));
      await expect(auth0.clients.get(idOf(made))).rejects.toEqual(
        refusal(404, { message: 'The client does not exist', errorCode: 'inexistent_client' }),
      );
      await auth0.clients.delete(idOf(made));
    });

    it('lists them page after page, as many as there are and each once', async () => {
      const made = await Promise.all(['One', 'Two', 'Three', 'Four', 'Five'].map(machine));
      const listed = await everyItem(auth0.clients.list({ per_page: 2 }));
      const ids = listed.map(idOf);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(made.map(idOf)));

      const page = await auth0.clients.list({ page: 1, per_page: 2 });
      expect(page.response).toMatchObject({ total: ids.length, start: 2, limit: 2 });
      expect(page.data.map(idOf)).toEqual(ids.slice(2, 4));
      expect(page.hasNextPage()).toBe(true);
      expect((await page.getNextPage()).data.map(idOf)).toEqual(ids.slice(4, 6));
      expect((await auth0.clients.list({ page: 999 })).data).toEqual([]);
    });

    it('lists them from checkpoint to checkpoint', async () => {
      const found: string[] = [];
      let from: string | undefined;
      do {
        const queryParams = { take: 3, ...(from !== undefined && { from }) };
        const page = await auth0.clients.list({}, { queryParams });
        const body = page.response as { next?: string; total?: number };
        expect(body.total).toBeUndefined();
        found.push(...page.data.map(idOf));
        from = body.next;
      } while (from !== undefined);
      expect(found.toSorted()).toEqual((await everyItem(auth0.clients.list())).map(idOf).toSorted());
    });

    it('lists those that a filter lets through, with the fields that are asked for', async () => {
      const globals = await everyItem(auth0.clients.list({ is_global: true, fields: 'name,global', include_fields: true }));
      expect(globals).toEqual([{ tenant: expect.any(String), name: 'All Applications', global: true }]);
      const machines = await everyItem(auth0.clients.list({ app_type: 'non_interactive', is_global: false, is_first_party: true }));
      expect(machines.map(({ app_type: type }) => type)).toEqual(machines.map(() => 'non_interactive'));
      expect(machines.length).toBeGreaterThan(0);
      expect(await auth0.clients.get(idOf(machines[0] ?? {}), { fields: 'client_secret', include_fields: false })).not.toHaveProperty(
        'client_secret',
      );
    });

    it('rotates a secret', async () => {
      const made = await machine('Rotated');
      const rotated = await auth0.clients.rotateSecret(idOf(made));
      expect(rotated.client_secret).toMatch(/^[\w-]{64}$/);
      expect(rotated.client_secret).not.toBe(made.client_secret);
      expect(await auth0.clients.get(idOf(made))).toMatchObject({ client_secret: rotated.client_secret });
    });

    it('gets what was wrong with a request, as Auth0 says it', async () => {
      await expect(auth0.clients.create({ name: '<b>' })).rejects.toEqual(
        refusal(400, { error: 'Bad Request', errorCode: 'invalid_body', message: expect.stringMatching(/^Payload validation error: '/) }),
      );
      await expect(auth0.clients.list({ per_page: 101 })).rejects.toEqual(
        refusal(400, { errorCode: 'invalid_query_string', message: expect.stringMatching(/^Query validation error: '/) }),
      );
      await expect(auth0.clients.update('nobody', { name: 'x' })).rejects.toBeInstanceOf(ManagementError);
    });
  });

  it('makes, lists, reads, changes and deletes the credentials of a client', async () => {
    const client = idOf(await machine('With keys'));
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const made = await auth0.clients.credentials.create(client, { credential_type: 'public_key', name: 'first', pem, alg: 'RS384' });
    expect(made).toMatchObject({ id: expect.stringMatching(/^cred_\w{22}$/), name: 'first', alg: 'RS384', credential_type: 'public_key' });
    const id = made.id ?? '';
    expect(await auth0.clients.credentials.list(client)).toEqual([made]);
    expect(await auth0.clients.credentials.get(client, id)).toEqual({ ...made, expires_at: null });
    const expires = '2099-01-01T00:00:00.000Z';
    expect(await auth0.clients.credentials.update(client, id, { expires_at: expires })).toMatchObject({ id, expires_at: expires });

    const methods = { private_key_jwt: { credentials: [{ id }] } };
    const changed = await auth0.clients.update(client, { jwt_configuration: { alg: 'RS256' }, client_authentication_methods: methods });
    expect(changed).toMatchObject({ client_authentication_methods: methods });
    expect(changed).not.toHaveProperty('client_secret');
    await auth0.clients.update(client, { client_authentication_methods: null, token_endpoint_auth_method: 'client_secret_post' });
    await auth0.clients.credentials.delete(client, id);
    expect(await auth0.clients.credentials.list(client)).toEqual([]);
  });

  it('makes, reads, changes and deletes an API, by its id and by its identifier, and lists them by both', async () => {
    const identifier = 'https://api.hotel.example/v1?x=1';
    const made = await auth0.resourceServers.create({
      identifier,
      name: 'Hotels',
      scopes: [{ value: 'read:rooms', description: 'Rooms' }],
    });
    expect(made).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{24}$/), signing_alg: 'RS256', token_lifetime: 86_400 });
    const id = made.id ?? '';
    expect(await auth0.resourceServers.get(id)).toEqual(made);
    expect(await auth0.resourceServers.get(identifier)).toEqual(made);
    expect(await auth0.resourceServers.update(id, { token_lifetime: 600, token_dialect: 'rfc9068_profile' })).toEqual({
      ...made,
      token_lifetime: 600,
      // Never longer than the other.
      token_lifetime_for_web: 600,
      token_dialect: 'rfc9068_profile',
    });
    const listed = await everyItem(auth0.resourceServers.list({ per_page: 1 }));
    expect(listed.map((one) => one.identifier)).toEqual(expect.arrayContaining([identifier, api, running.tenant.managementAudience]));
    const named = await everyItem(auth0.resourceServers.list({ identifiers: [identifier, api] }));
    expect(named.map((one) => one.identifier).toSorted()).toEqual([identifier, api].toSorted());
    await expect(auth0.resourceServers.create({ identifier })).rejects.toEqual(
      refusal(409, { message: 'A resource server with the same identifier already exists.' }),
    );
    await auth0.resourceServers.delete(id);
    await expect(auth0.resourceServers.get(id)).rejects.toEqual(refusal(404, { errorCode: 'inexistent_resource_server' }));
  });

  it('makes, reads, changes and deletes grants, and lists them from checkpoint to checkpoint', async () => {
    const clients = await Promise.all(['Grantee 1', 'Grantee 2', 'Grantee 3'].map(machine));
    const grants = await Promise.all(
      clients.map((client) => auth0.clientGrants.create({ client_id: idOf(client), audience: api, scope: ['read:bookings'] })),
    );
    const [first] = grants;
    expect(first).toMatchObject({ id: expect.stringMatching(/^cgr_\w{16}$/), scope: ['read:bookings'], subject_type: 'client' });
    const id = first?.id ?? '';
    expect(await auth0.clientGrants.get(id)).toEqual(first);
    expect(await auth0.clientGrants.update(id, { scope: ['read:bookings', 'create:bookings'] })).toMatchObject({
      scope: ['read:bookings', 'create:bookings'],
    });

    const before = asked('/api/v2/client-grants');
    const listed = await everyItem(auth0.clientGrants.list({ audience: api, take: 2 }));
    expect(listed.map((grant) => grant.id).toSorted()).toEqual(grants.map((grant) => grant.id).toSorted());
    expect(asked('/api/v2/client-grants') - before).toBe(2);
    expect(await everyItem(auth0.clientGrants.list({ client_id: idOf(clients[1] ?? {}), subject_type: 'client' }))).toEqual([grants[1]]);

    await expect(auth0.clientGrants.create({ client_id: idOf(clients[0] ?? {}), audience: api, scope: [] })).rejects.toEqual(
      refusal(409, { message: 'client_grant already exists' }),
    );
    await auth0.clientGrants.delete(id);
    await expect(auth0.clientGrants.get(id)).rejects.toEqual(
      refusal(404, { message: 'The grant does not exist.', errorCode: 'inexistent_client_grant' }),
    );
  });
});
