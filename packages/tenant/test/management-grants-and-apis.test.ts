import { describe, expect, it } from 'vitest';
import { machine, type RunningTenant, runningTenant } from './running-tenant.ts';

const read = async (tenant: RunningTenant, path: string): Promise<unknown> => await (await tenant.api(path)).json();

describe('GET /api/v2/client-grants', () => {
  it('lists the grant of the seeded application', async () => {
    const tenant = await runningTenant();
    expect(await read(tenant, '/client-grants')).toEqual([
      {
        id: expect.stringMatching(/^cgr_[A-Za-z0-9]{16}$/) as string,
        client_id: tenant.application.clientId,
        audience: tenant.application.audience,
        scope: ['read:clients', 'create:clients', 'read:client_grants', 'read:resource_servers'],
        subject_type: 'client',
      },
    ]);
  });

  it('filters by client, audience and kind', async () => {
    const other = machine(['read:users']);
    const tenant = await runningTenant({ prepare: other.prepare });
    const { clientId, audience } = tenant.application;
    const count = async (query: string): Promise<number> => ((await read(tenant, `/client-grants?${query}`)) as unknown[]).length;
    expect(await count('')).toBe(2);
    expect(await count(`client_id=${clientId}`)).toBe(1);
    expect(await count(`audience=${encodeURIComponent(audience)}`)).toBe(2);
    expect(await count(`audience=${encodeURIComponent(audience)}&client_id=${other.credentials.client_id}&subject_type=client`)).toBe(1);
    expect(await count('allow_any_organization=false')).toBe(2);
    for (const query of [
      'client_id=x',
      'audience=x',
      'subject_type=user',
      'allow_any_organization=true',
      'default_for=third_party_clients',
    ]) {
      expect(await count(query)).toBe(0);
    }
  });

  it('pages both ways; take wins over include_totals', async () => {
    const tenant = await runningTenant({ prepare: machine([]).prepare });
    const totals = (await read(tenant, '/client-grants?include_totals=true&per_page=1&page=1')) as Record<string, unknown>;
    expect(Object.keys(totals)).toEqual(['total', 'start', 'limit', 'client_grants']);
    expect(totals).toMatchObject({ total: 2, start: 1, limit: 1 });
    const first = (await read(tenant, '/client-grants?include_totals=true&take=1')) as { next: string; client_grants: object[] };
    expect(Object.keys(first)).toEqual(['next', 'client_grants']);
    const second = (await read(tenant, `/client-grants?take=1&from=${first.next}`)) as { client_grants: object[] };
    expect(second).toEqual({ client_grants: totals['client_grants'] });
    expect(await read(tenant, '/client-grants?take=50&client_id=nobody')).toEqual({ client_grants: [] });
  });

  it('refuses a filter that it does not know', async () => {
    const tenant = await runningTenant();
    expect(await read(tenant, '/client-grants?subject_type=robot')).toMatchObject({ statusCode: 400, errorCode: 'invalid_query_string' });
  });
});

describe('GET /api/v2/resource-servers', () => {
  it('lists the Management API with its 273 scopes', async () => {
    const tenant = await runningTenant();
    const [api] = (await read(tenant, '/resource-servers')) as [{ scopes: { value: string; description: string }[] }];
    const { scopes, ...rest } = api;
    expect(rest).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      name: 'Auth0 Management API',
      identifier: tenant.application.audience,
      allow_offline_access: false,
      skip_consent_for_verifiable_first_party_clients: false,
      subject_type_authorization: { client: { policy: 'require_client_grant' }, user: { policy: 'allow_all' } },
      token_lifetime: 86_400,
      token_lifetime_for_web: 7_200,
      signing_alg: 'RS256',
      is_system: true,
    });
    expect(scopes).toHaveLength(273);
    expect(new Set(scopes.map(({ value }) => value)).size).toBe(273);
    expect(scopes[0]).toEqual({ value: 'read:client_grants', description: 'Read Client Grants' });
    expect(scopes.at(-1)).toEqual({ value: 'read:group_members', description: 'Read Group Members' });
  });

  it('filters by identifier, and pages by number alone', async () => {
    const tenant = await runningTenant();
    const identifier = encodeURIComponent(tenant.application.audience);
    expect(await read(tenant, `/resource-servers?identifiers=${identifier}&identifiers=x&include_fields=true`)).toHaveLength(1);
    expect(await read(tenant, '/resource-servers?identifiers=x')).toEqual([]);
    expect(await read(tenant, '/resource-servers?include_totals=true&page=1')).toEqual({
      total: 1,
      start: 50,
      limit: 50,
      resource_servers: [],
    });
    expect(await read(tenant, '/resource-servers?take=1')).toMatchObject({
      message: "Query validation error: 'Additional properties not allowed: take'",
    });
  });

  it('finds one by id or by identifier', async () => {
    const tenant = await runningTenant();
    const [api] = (await read(tenant, '/resource-servers')) as [{ id: string; identifier: string }];
    expect(await read(tenant, `/resource-servers/${api.id}`)).toEqual(api);
    expect(await read(tenant, `/resource-servers/${encodeURIComponent(api.identifier)}`)).toEqual(api);
    expect(await read(tenant, '/resource-servers/x')).toEqual({
      statusCode: 404,
      error: 'Not Found',
      message: 'The resource server does not exist',
      errorCode: 'inexistent_resource_server',
    });
  });
});
