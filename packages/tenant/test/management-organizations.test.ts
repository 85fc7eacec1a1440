import { describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';

type Organization = { id: string; name: string };

const nameRule = 'The name of this organization.';
const invalid = (message: string): object => refusal(400, 'Bad Request', message, 'invalid_body');
const absent = refusal(404, 'Not Found', 'No organization found by that id or name');
const taken = refusal(409, 'Conflict', 'An organization with this name already exists.');

async function create(tenant: AdministeredTenant, given: object): Promise<Organization> {
  const { status, body } = await tenant.call<Organization>('POST', '/organizations', given);
  expect(status).toBe(201);
  return body;
}

describe('/api/v2/organizations', () => {
  it('keeps what is given, found by id and by name', async () => {
    const tenant = await administeredTenant();
    const given = {
      name: 'acme',
      display_name: 'Acme',
      branding: { logo_url: 'https://acme.example/logo', colors: { primary: '#000', page_background: '#ffffff' } },
      metadata: { region: 'eu' },
      token_quota: { client_credentials: { enforce: true, per_day: 10, per_hour: 5 } },
    };
    const made = await create(tenant, given);
    expect(made).toEqual({ id: expect.stringMatching(/^org_[A-Za-z0-9]{16}$/) as string, ...given });
    expect((await tenant.call('GET', `/organizations/${made.id}`)).body).toEqual(made);
    expect((await tenant.call('GET', '/organizations/name/acme')).body).toEqual(made);
  });

  it('changes what is given, replaces metadata as a whole, and removes a quota with null', async () => {
    const tenant = await administeredTenant();
    const { id } = await create(tenant, {
      name: 'acme',
      display_name: 'Acme',
      metadata: { a: '1', b: '2' },
      token_quota: { client_credentials: { per_day: 10 } },
    });
    const change = { name: 'acme-2', metadata: { b: '3', c: null }, token_quota: null };
    const { status, body } = await tenant.call('PATCH', `/organizations/${id}`, change);
    expect([status, body]).toEqual([200, { id, name: 'acme-2', display_name: 'Acme', metadata: { b: '3' } }]);
    expect((await tenant.call('GET', '/organizations/name/acme')).body).toEqual(absent);
  });

  it('gives no two organizations one name', async () => {
    const tenant = await administeredTenant();
    await create(tenant, { name: 'acme' });
    const other = await create(tenant, { name: 'other' });
    expect((await tenant.call('POST', '/organizations', { name: 'acme' })).body).toEqual(taken);
    expect((await tenant.call('PATCH', `/organizations/${other.id}`, { name: 'acme' })).body).toEqual(taken);
    expect((await tenant.call('PATCH', `/organizations/${other.id}`, { name: 'other' })).status).toBe(200);
  });

  it('refuses in the words of the service', async () => {
    const tenant = await administeredTenant();
    const cases: [object, string][] = [
      [{}, "Payload validation error: 'Missing required property: name'."],
      [
        { name: 'Acme' },
        `Payload validation error: 'String does not match pattern ^[a-z0-9][a-z0-9_-]*$: Acme' on property name (${nameRule}).`,
      ],
      [{ name: 'a'.repeat(51) }, `Payload validation error: 'String is too long (51 chars), maximum 50' on property name (${nameRule}).`],
      [{ name: 'a', id: 'org_x' }, "Payload validation error: 'Additional properties not allowed: id'."],
      [
        { name: 'a', branding: { colors: { primary: '#000' } } },
        "Payload validation error: 'Missing required property: page_background' on property branding.colors.",
      ],
      [
        { name: 'a', token_quota: { client_credentials: { per_day: 0 } } },
        "Payload validation error: 'Value 0 is less than minimum 1' on property token_quota.client_credentials.per_day (Maximum number of issued tokens per day).",
      ],
      [
        { name: 'a', token_quota: { client_credentials: { daily: 1 } } },
        "Payload validation error: 'Additional properties not allowed: daily' on property token_quota.client_credentials (The token quota configuration).",
      ],
      [
        { name: 'a', metadata: Object.fromEntries(Array.from({ length: 26 }, (_, at) => [`k${at}`, 'v'])) },
        "Payload validation error: 'Too many properties defined (26), maximum 25' on property metadata.",
      ],
      [
        { name: 'a', metadata: { ['k'.repeat(256)]: 'v' } },
        "Payload validation error: 'String is too long (256 chars), maximum 255' on property metadata.",
      ],
      [
        { name: 'a', enabled_connections: [{ connection_id: 'con_1' }] },
        "Payload validation error: 'Array is too long (1), maximum 0' on property enabled_connections (Connections that will be enabled for this organization: this tenant has none.).",
      ],
    ];
    for (const [given, message] of cases) expect((await tenant.call('POST', '/organizations', given)).body).toEqual(invalid(message));
    expect((await tenant.call('GET', '/organizations')).body).toEqual([]);
    expect((await tenant.call('GET', '/organizations/org_none')).body).toEqual(absent);
    expect((await tenant.call('PATCH', '/organizations/org_none', { name: 'b' })).body).toEqual(absent);
  });

  it('pages both ways, in the order of creation', async () => {
    const tenant = await administeredTenant();
    for (const name of ['c', 'a', 'b']) await create(tenant, { name });
    const names = (list: readonly Organization[]): string[] => list.map(({ name }) => name);
    expect(names((await tenant.call<Organization[]>('GET', '/organizations?per_page=2')).body)).toEqual(['c', 'a']);
    expect((await tenant.call('GET', '/organizations?page=1&per_page=2&include_totals=true')).body).toMatchObject({
      total: 3,
      start: 2,
      limit: 2,
      organizations: [{ name: 'b' }],
    });
    const first = await tenant.call<{ next: string; organizations: Organization[] }>('GET', '/organizations?take=2');
    expect(names(first.body.organizations)).toEqual(['c', 'a']);
    const rest = await tenant.call<{ organizations: Organization[] }>('GET', `/organizations?take=2&from=${first.body.next}`);
    expect(rest.body).toEqual({ organizations: [expect.objectContaining({ name: 'b' })] });
    expect((await tenant.call('GET', '/organizations?sort=size:1')).body).toMatchObject({ errorCode: 'invalid_query_string' });
  });

  it('removes an organization as often as it is asked to, and its grants go on without it', async () => {
    const tenant = await administeredTenant();
    const { id } = await create(tenant, { name: 'acme' });
    const [grant] = (await tenant.call<{ id: string }[]>('GET', '/client-grants')).body;
    expect((await tenant.call('POST', `/organizations/${id}/client-grants`, { grant_id: grant?.id })).status).toBe(201);
    for (const _time of ['first', 'second']) expect((await tenant.call('DELETE', `/organizations/${id}`)).status).toBe(204);
    expect((await tenant.call('GET', `/organizations/${id}`)).body).toEqual(absent);
    expect((await tenant.call('GET', `/client-grants/${grant?.id}/organizations`)).body).toEqual([]);
  });

  it('leaves no client with a default organization that is gone', async () => {
    const tenant = await administeredTenant();
    const { id } = await create(tenant, { name: 'acme' });
    const chosen = { default_organization: { organization_id: id, flows: ['client_credentials'] } };
    const { body: client } = await tenant.call<{ client_id: string }>('POST', '/clients', { name: 'Worker' });
    const path = `/clients/${client.client_id}`;
    expect((await tenant.call('PATCH', path, chosen)).body).toMatchObject(chosen);
    expect((await tenant.call('DELETE', `/organizations/${id}`)).status).toBe(204);
    expect((await tenant.call('GET', path)).body).not.toHaveProperty('default_organization');
  });

  it('asks for its own scopes', async () => {
    const tenant = await administeredTenant();
    const token = await tenant.tokenWith('read:organizations_summary');
    expect((await tenant.api('/organizations', { token })).status).toBe(200);
    const refused = await tenant.api('/organizations', { method: 'POST', token, body: '{"name":"a"}' });
    expect(await refused.json()).toEqual(
      refusal(403, 'Forbidden', 'Insufficient scope, expected any of: create:organizations', 'insufficient_scope'),
    );
  });
});
