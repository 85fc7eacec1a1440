import { describe, expect, it } from 'vitest';
import { administeredTenant, refusal } from './administered-tenant.ts';

const ofOrganization = [
  ['connections', 'connections', 'read:organization_connections'],
  ['enabled_connections', 'enabled_connections', 'read:organization_connections'],
  ['discovery-domains', 'domains', 'read:organization_discovery_domains'],
  ['clients', 'clients', 'read:organization_clients'],
] as const;

describe('lists of the Management API of which this tenant has nothing', () => {
  it('are empty in both pagings, as Auth0’s SDK reads them', async () => {
    const tenant = await administeredTenant();
    const { body } = await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme' });
    const lists = [['/connections', 'connections'], ...ofOrganization.map(([path, key]) => [`/organizations/${body.id}/${path}`, key])];
    for (const [path = '', key = ''] of lists) {
      expect((await tenant.call('GET', `${path}?take=50`)).body, path).toEqual({ [key]: [] });
      expect((await tenant.call('GET', `${path}?from=`)).body, path).toMatchObject({ errorCode: 'invalid_query_string' });
    }
    for (const [path = '', key = ''] of lists.filter(([, each]) => each?.endsWith('connections'))) {
      expect((await tenant.call('GET', path)).body, path).toEqual([]);
      const counted = await tenant.call('GET', `${path}?page=1&per_page=10&include_totals=true`);
      expect(counted.body, path).toEqual({ total: 0, start: 10, limit: 10, [key]: [] });
    }
    for (const path of ['discovery-domains', 'clients'] as const) {
      const key = path === 'clients' ? 'clients' : 'domains';
      expect((await tenant.call('GET', `/organizations/${body.id}/${path}`)).body).toEqual({ [key]: [] });
    }
    const filtered = '/connections?include_totals=true&take=50&strategy=auth0&name=x&fields=id&include_fields=true';
    expect((await tenant.call('GET', filtered)).body).toEqual({ connections: [] });
    expect((await tenant.call('GET', `/organizations/${body.id}/connections?is_enabled=true`)).body).toEqual([]);
  });

  it('are not those of an organization that there is not, and take nothing in', async () => {
    const tenant = await administeredTenant();
    const absent = refusal(404, 'Not Found', 'No organization found by that id or name');
    for (const [path] of ofOrganization) expect((await tenant.call('GET', `/organizations/org_none/${path}`)).body, path).toEqual(absent);
    expect(await tenant.call('POST', '/connections', { name: 'x' })).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('this tenant does not have it') as string },
    });
  });

  it('ask for their own scopes', async () => {
    const tenant = await administeredTenant();
    const token = await tenant.tokenWith('read:organizations');
    const { body } = await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme' });
    const lists = [
      ['/connections', 'read:connections'],
      ...ofOrganization.map(([path, , scope]) => [`/organizations/${body.id}/${path}`, scope]),
    ];
    for (const [path = '', scope] of lists) {
      const refused = await tenant.api(path, { token });
      expect(await refused.json(), path).toMatchObject({ statusCode: 403, message: `Insufficient scope, expected any of: ${scope}` });
    }
  });
});
