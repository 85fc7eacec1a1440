import { AuthClient } from '@auth0/auth0-auth-js';
import { ManagementClient } from 'auth0';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant } from './administered-tenant.ts';
import { everyItem } from './every-page.ts';

const api = 'https://api.travel.example/';

describe('ManagementClient of node-auth0 7, unmodified, of what concerns the whole tenant', () => {
  let running: AdministeredTenant;
  let auth0: ManagementClient;

  beforeAll(async () => {
    running = await administeredTenant({ apis: [{ identifier: api, scopes: ['read:bookings'] }] });
    auth0 = new ManagementClient({ ...running.management });
  });

  afterAll(() => running?.close());

  const refusal = (statusCode: number, body: Readonly<Record<string, unknown>>) =>
    expect.objectContaining({ statusCode, body: expect.objectContaining({ statusCode, ...body }) });

  /** Claims of a token for an organization, asked for with auth0-auth-js. */
  async function claimsFor(client: { client_id?: string | undefined; client_secret?: string | undefined }, organization: string) {
    const { client_id: clientId = '', client_secret: clientSecret = '' } = client;
    const auth = new AuthClient({ domain: running.tenant.domain, clientId, clientSecret, customFetch: running.fetch });
    return decodeJwt((await auth.getTokenByClientCredentials({ audience: api, organization })).accessToken);
  }

  it('makes, reads, changes and deletes organizations, and associates grants with them', async () => {
    const names = ['acme', 'globex', 'initech'];
    const made = await Promise.all(names.map((name) => auth0.organizations.create({ name, display_name: name.toUpperCase() })));
    const [acme] = made;
    const id = acme?.id ?? '';
    expect(acme).toEqual({ id: expect.stringMatching(/^org_\w{16}$/), name: 'acme', display_name: 'ACME' });
    expect(await auth0.organizations.get(id)).toEqual(acme);
    expect(await auth0.organizations.getByName('acme')).toEqual(acme);
    const quota = { client_credentials: { enforce: true, per_hour: 5 } };
    expect(await auth0.organizations.update(id, { metadata: { plan: 'gold' }, token_quota: quota })).toEqual({
      ...acme,
      metadata: { plan: 'gold' },
      token_quota: quota,
    });
    expect((await everyItem(auth0.organizations.list({ take: 1 }))).map(({ name }) => name).toSorted()).toEqual(names);

    const client = await auth0.clients.create({ name: 'Member', app_type: 'non_interactive', grant_types: ['client_credentials'] });
    const grant = await auth0.clientGrants.create({
      client_id: client.client_id ?? '',
      audience: api,
      scope: ['read:bookings'],
      organization_usage: 'require',
    });
    const grantId = grant.id ?? '';
    const associated = await auth0.organizations.clientGrants.create(id, { grant_id: grantId });
    expect(associated).toMatchObject({
      grant_id: grantId,
      client_id: client.client_id ?? '',
      audience: api,
      organization_usage: 'require',
    });
    await auth0.organizations.clientGrants.create(made[1]?.id ?? '', { grant_id: grantId });
    const ofAcme = await everyItem(
      auth0.organizations.clientGrants.list(id, { per_page: 1, grant_ids: [grantId, 'cgr_0000000000000000'] }),
    );
    expect(ofAcme.map((one) => one.id)).toEqual([grantId]);
    expect(await everyItem(auth0.organizations.clientGrants.list(id, { audience: 'https://no.example/' }))).toEqual([]);
    const organizations = await everyItem(auth0.clientGrants.organizations.list(grantId, { take: 1 }));
    expect(organizations.map(({ name }) => name)).toEqual(['acme', 'globex']);

    expect(await claimsFor(client, id)).toMatchObject({ org_id: id, scope: 'read:bookings' });
    await auth0.organizations.clientGrants.delete(id, grantId);
    await expect(claimsFor(client, id)).rejects.toMatchObject({
      cause: { error: 'access_denied', error_description: expect.stringContaining('is not authorized to access organization') },
    });
    await auth0.organizations.delete(id);
    await expect(auth0.organizations.get(id)).rejects.toEqual(refusal(404, { message: 'No organization found by that id or name' }));
  });

  it('lists and reads the signing keys, rotates and revokes them', async () => {
    // The key that is to be the next one of a new tenant comes after its start.
    await expect.poll(async () => await auth0.keys.signing.list()).toHaveLength(2);
    const before = await auth0.keys.signing.list();
    expect(before.map(({ current, next }) => ({ current, next }))).toEqual([
      { current: true, next: false },
      { current: false, next: true },
    ]);
    const kids = before.map(({ kid }) => kid);
    const next = await auth0.keys.signing.rotate();
    expect(next).toEqual({ kid: expect.any(String), cert: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\r\n/) });
    expect((await auth0.keys.signing.list()).map(({ kid }) => kid)).toEqual([kids[1], next.kid, kids[0]]);
    const previous = kids[0] ?? '';
    expect(await auth0.keys.signing.get(previous)).toMatchObject({ kid: previous, previous: true, revoked: false });
    await expect(auth0.keys.signing.revoke(next.kid)).rejects.toEqual(refusal(400, { error: 'Bad Request' }));
    await expect(auth0.keys.signing.get('no-such-key')).rejects.toEqual(refusal(404, { message: 'Signing key not found' }));

    // The token that the client keeps was signed with the key that goes: another one of it takes a new token.
    const kept = auth0;
    auth0 = new ManagementClient({ ...running.management });
    expect(await auth0.keys.signing.revoke(previous)).toMatchObject({ kid: previous });
    expect(await auth0.keys.signing.get(previous)).toMatchObject({ revoked: true, revoked_at: expect.any(String) });
    await expect(kept.keys.signing.list()).rejects.toEqual(refusal(401, { error: 'Unauthorized', message: 'Invalid token' }));
  });

  it('reads and changes the settings of the tenant', async () => {
    expect(await auth0.tenants.settings.update({ friendly_name: 'Travel', default_audience: api })).toMatchObject({
      friendly_name: 'Travel',
      default_audience: api,
    });
    const read = await auth0.tenants.settings.get({ fields: 'friendly_name', include_fields: true });
    expect(read).toMatchObject({ friendly_name: 'Travel', sandbox_versions_available: expect.any(Array) });
    expect(read).not.toHaveProperty('default_audience');
    await auth0.tenants.settings.update({ default_audience: '' });
  });

  it('lists and reads the logs, and the statistics', async () => {
    const found = await auth0.logs.list({ search: 'type:"sapi"', per_page: 3, sort: 'date:1' });
    expect(found.data.map(({ type }) => type)).toEqual(['sapi', 'sapi', 'sapi']);
    expect(found.response).toMatchObject({ start: 0, limit: 3, length: 3, total: expect.any(Number) });
    const ids = (await everyItem(auth0.logs.list({ per_page: 5, sort: 'date:1' }))).map((entry) => entry.log_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(found.data.map((entry) => entry.log_id)));
    const [entry] = found.data;
    expect(await auth0.logs.get(entry?.log_id ?? '')).toEqual(entry);
    await expect(auth0.logs.get('9'.repeat(56))).rejects.toEqual(refusal(404, { message: 'Log not found' }));
    expect(await auth0.stats.getActiveUsersCount()).toBe(0);
    expect(await auth0.stats.getDaily({ from: '20260101', to: '20260131' })).toEqual([]);
  });
});
