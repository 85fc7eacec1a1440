import { describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';

type Client = Record<string, unknown> & { client_id: string; client_secret: string };

async function create(tenant: AdministeredTenant, given: object): Promise<Client> {
  const { status, body } = await tenant.call<Client>('POST', '/clients', given);
  expect(status).toBe(201);
  return body;
}

const noClient = refusal(404, 'Not Found', 'The client does not exist', 'inexistent_client');
const nameDescription = 'Name of this client (min length: 1 character, does not allow `<` or `>`).';

describe('PATCH /api/v2/clients/{id}', () => {
  it('changes what is given and leaves the rest, and answers with the whole client', async () => {
    const tenant = await administeredTenant();
    const client = await create(tenant, { name: 'Worker', callbacks: ['https://a'], jwt_configuration: { alg: 'RS256' } });
    const { status, body } = await tenant.call('PATCH', `/clients/${client.client_id}`, {
      name: 'Renamed',
      description: 'now with one',
      jwt_configuration: { lifetime_in_seconds: 60 },
    });
    expect(status).toBe(200);
    const { encrypted: _once, ...shown } = client;
    expect(body).toEqual({
      ...shown,
      name: 'Renamed',
      description: 'now with one',
      jwt_configuration: { lifetime_in_seconds: 60, secret_encoded: false, alg: 'RS256' },
    });
    expect((await tenant.call('GET', `/clients/${client.client_id}`)).body).toEqual(body);
  });

  it('removes with null, and merges metadata key by key', async () => {
    const tenant = await administeredTenant();
    const organization = (await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme' })).body;
    const client = await create(tenant, {
      name: 'Worker',
      client_metadata: { team: 'orders', stage: 'test' },
      organization_usage: 'allow',
      token_quota: { client_credentials: { per_day: 10 } },
      default_organization: { organization_id: organization.id, flows: ['client_credentials'] },
      token_endpoint_auth_method: 'client_secret_post',
    });
    const { body } = await tenant.call('PATCH', `/clients/${client.client_id}`, {
      client_metadata: { stage: null, owner: 'ops' },
      organization_usage: null,
      token_quota: null,
      default_organization: null,
      token_endpoint_auth_method: null,
      refresh_token: null,
    });
    expect(body['client_metadata']).toEqual({ team: 'orders', owner: 'ops' });
    for (const removed of ['organization_usage', 'token_quota', 'default_organization', 'token_endpoint_auth_method', 'refresh_token']) {
      expect(body).not.toHaveProperty(removed);
    }
  });

  it('counts metadata after the merge', async () => {
    const tenant = await administeredTenant();
    const full = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, 'v']));
    const { client_id: id } = await create(tenant, { name: 'Worker', client_metadata: full });
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_metadata: { k0: null, one: 'v' } })).status).toBe(200);
    const others = Object.entries({ ...full, k0: undefined, one: 'v' }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, null]],
    );
    const replaced = { ...Object.fromEntries(others), ...Object.fromEntries(Object.keys(full).map((key) => [`new-${key}`, 'v'])) };
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_metadata: replaced })).status).toBe(200);
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_metadata: { more: 'v' } })).body).toEqual(
      refusal(
        400,
        'Bad Request',
        "Payload validation error: 'Too many properties defined (11), maximum 10' on property client_metadata.",
        'invalid_body',
      ),
    );
  });

  it('takes a secret that was chosen before, and the old one for the time that the service takes', async () => {
    const tenant = await administeredTenant();
    const { client_id, client_secret } = await create(tenant, { name: 'Worker', grant_types: ['client_credentials'] });
    await tenant.call('POST', '/client-grants', { client_id, audience: tenant.application.audience, scope: [] });
    const works = async (secret: string): Promise<boolean> =>
      (await tenant.ask({ grant_type: 'client_credentials', client_id, client_secret: secret, audience: tenant.application.audience })).ok;
    expect((await tenant.call('PATCH', `/clients/${client_id}`, { client_secret: 'chosen before' })).body['client_secret']).toBe(
      'chosen before',
    );
    expect([await works('chosen before'), await works(client_secret)]).toEqual([true, true]);
    tenant.clock.nowMs += 30_000;
    expect([await works('chosen before'), await works(client_secret)]).toEqual([true, false]);
  });

  it('asks for the scope of each part that is changed', async () => {
    const tenant = await administeredTenant();
    const { client_id: id } = await create(tenant, { name: 'Worker' });
    const patch = async (scope: string, body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'PATCH', headers, body: JSON.stringify(body), token: await tenant.tokenWith(scope) };
      const response = await tenant.api(`/clients/${id}`, init);
      return response.ok ? 'done' : ((await response.json()) as { message: string }).message;
    };
    expect(await patch('update:clients', { name: 'Other' })).toBe('done');
    expect(await patch('update:clients', { client_secret: 'x' })).toBe('Insufficient scope, expected any of: update:client_keys');
    expect(await patch('update:client_keys', { client_secret: 'x' })).toBe('done');
    expect(await patch('update:clients', { signing_key: {} })).toBe('Insufficient scope, expected any of: update:client_keys');
    expect(await patch('update:client_keys', { signing_key: {} })).toBe('This tenant does not have signing_key');
    expect(await patch('update:client_keys', { name: 'x' })).toBe('Insufficient scope, expected any of: update:clients');
    expect(await patch('update:clients', { client_authentication_methods: null })).toBe(
      'Insufficient scope, expected any of: update:client_credentials',
    );
    expect(await patch('update:client_credentials', { client_authentication_methods: null })).toBe('done');
    expect(await patch('read:clients', {})).toBe(
      'Insufficient scope, expected any of: update:clients,update:client_keys,update:client_credentials,update:client_token_vault_privileged_access',
    );
  });

  it('refuses what it does not know, what cannot be changed, and what contradicts itself', async () => {
    const tenant = await administeredTenant();
    const { client_id: id } = await create(tenant, { name: 'Worker', grant_types: ['client_credentials'] });
    const cases: [object, string][] = [
      [{ client_id: 'x' }, "Payload validation error: 'Additional properties not allowed: client_id'."],
      [{ resource_server_identifier: 'x' }, "Payload validation error: 'Additional properties not allowed: resource_server_identifier'."],
      [{ name: '' }, `Payload validation error: 'String is too short (0 chars), minimum 1' on property name (${nameDescription}).`],
      [{ token_endpoint_auth_method: 'none' }, 'Invalid grant types: client_credentials'],
      [
        { default_organization: { organization_id: 'org_1' } },
        "Payload validation error: 'Missing required property: flows' on property default_organization (Defines the default Organization ID and flows).",
      ],
      [
        { default_organization: { organization_id: 'org_1', flows: ['client_credentials', 'client_credentials'] } },
        "Payload validation error: 'Array items are not unique (indexes 0 and 1)' on property default_organization.flows.",
      ],
      [{ redirection_policy: 'allow_always' }, 'redirection_policy is for third-party clients only'],
    ];
    for (const [body, message] of cases) {
      expect((await tenant.call('PATCH', `/clients/${id}`, body)).body).toEqual(refusal(400, 'Bad Request', message, 'invalid_body'));
    }
    const organization = { default_organization: { organization_id: 'org_none', flows: ['client_credentials'] } };
    expect((await tenant.call('PATCH', `/clients/${id}`, organization)).body).toEqual(
      refusal(404, 'Not Found', 'No organization found by that id or name'),
    );
    for (const feature of ['signed_request_object', 'token_vault_privileged_access']) {
      expect((await tenant.call('PATCH', `/clients/${id}`, { [feature]: {} })).body).toEqual(
        refusal(403, 'Forbidden', `This tenant does not have ${feature}`, 'feature_not_enabled'),
      );
    }
    expect((await tenant.call('PATCH', '/clients/nobody', { name: 'x' })).body).toEqual(noClient);
  });

  it('gives no two clients one alias', async () => {
    const tenant = await administeredTenant();
    await create(tenant, { name: 'One', client_aliases: ['urn:one'] });
    const { client_id: id } = await create(tenant, { name: 'Two', client_aliases: ['urn:two'] });
    const taken = refusal(409, 'Conflict', 'Another client exists with the same alias.');
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_aliases: ['urn:two', 'urn:one'] })).body).toEqual(taken);
    expect((await tenant.call('POST', '/clients', { name: 'Three', client_aliases: ['urn:two'] })).body).toEqual(taken);
    expect((await tenant.call('PATCH', `/clients/${id}`, { client_aliases: ['urn:two'] })).status).toBe(200);
  });
});

describe('POST /api/v2/clients, beside the defaults', () => {
  it('names a strict third-party client so that it can be told', async () => {
    const tenant = await administeredTenant();
    const given = { name: 'Theirs', is_first_party: false, third_party_security_mode: 'strict', redirection_policy: 'allow_always' };
    expect((await create(tenant, given)).client_id).toMatch(/^tpc_/);
    expect((await tenant.call('POST', '/clients', { name: 'Ours', third_party_security_mode: 'strict' })).body).toEqual(
      refusal(400, 'Bad Request', 'third_party_security_mode is for third-party clients only', 'invalid_body'),
    );
  });

  it('links a client to an API that there is', async () => {
    const tenant = await administeredTenant();
    const given = { name: 'API', app_type: 'resource_server', resource_server_identifier: tenant.application.audience };
    expect(await create(tenant, given)).toMatchObject(given);
    expect((await tenant.call('POST', '/clients', { ...given, resource_server_identifier: 'urn:none' })).body).toEqual(
      refusal(404, 'Not Found', 'No resource with identifier urn:none'),
    );
    expect((await tenant.call('POST', '/clients', { ...given, app_type: 'spa' })).body).toMatchObject({ errorCode: 'invalid_body' });
  });
});

describe('DELETE /api/v2/clients/{id}', () => {
  it('removes the client with its grants and credentials, as often as it is asked to', async () => {
    const tenant = await administeredTenant();
    const { client_id: id } = await create(tenant, { name: 'Worker' });
    await tenant.call('POST', '/client-grants', { client_id: id, audience: tenant.application.audience, scope: [] });
    for (const _time of ['first', 'second']) {
      const { status, body, headers } = await tenant.call('DELETE', `/clients/${id}`);
      expect([status, body, headers.get('content-type')]).toEqual([204, undefined, 'application/json; charset=utf-8']);
    }
    expect((await tenant.call('GET', `/clients/${id}`)).body).toEqual(noClient);
    expect((await tenant.call('GET', `/client-grants?client_id=${id}`)).body).toEqual([]);
  });

  it('leaves the global client alone', async () => {
    const tenant = await administeredTenant();
    const [global] = (await tenant.call<Client[]>('GET', '/clients?is_global=true')).body;
    expect((await tenant.call('DELETE', `/clients/${global?.client_id}`)).body).toEqual(
      refusal(400, 'Bad Request', 'Global client cannot be deleted', 'operation_not_supported'),
    );
    expect((await tenant.call('GET', `/clients/${global?.client_id}`)).status).toBe(200);
  });
});

describe('the global client', () => {
  it('gets no token, whatever grant type and grant it is given', async () => {
    const tenant = await administeredTenant();
    const [global] = (await tenant.call<Client[]>('GET', '/clients?is_global=true')).body;
    const { client_id = '', client_secret = '' } = global ?? {};
    const { audience } = tenant.application;
    expect((await tenant.call('PATCH', `/clients/${client_id}`, { grant_types: ['client_credentials'] })).status).toBe(200);
    const grant = await tenant.call('POST', '/client-grants', { client_id, audience, scope: ['read:clients'] });
    const refused = await tenant.ask({ grant_type: 'client_credentials', client_id, client_secret, audience });
    expect([grant.status, refused.status]).toEqual([201, 403]);
    expect(await refused.json()).toMatchObject({ error: 'unauthorized_client' });
  });
});

describe('POST /api/v2/clients/{id}/rotate-secret', () => {
  it('makes a new secret, and lets the old one work on for a while', async () => {
    const tenant = await administeredTenant();
    const { client_id, client_secret: old } = await create(tenant, { name: 'Worker', grant_types: ['client_credentials'] });
    await tenant.call('POST', '/client-grants', { client_id, audience: tenant.application.audience, scope: [] });
    const statusWith = async (secret: string): Promise<number> =>
      (await tenant.ask({ grant_type: 'client_credentials', client_id, client_secret: secret, audience: tenant.application.audience }))
        .status;
    const { status, body } = await tenant.call<Client>('POST', `/clients/${client_id}/rotate-secret`);
    expect([status, body.client_secret === old, /^[\w-]{64}$/.test(body.client_secret)]).toEqual([200, false, true]);
    tenant.clock.nowMs += 29_999;
    expect([await statusWith(old), await statusWith(body.client_secret)]).toEqual([200, 200]);
    tenant.clock.nowMs += 1;
    expect([await statusWith(old), await statusWith(body.client_secret)]).toEqual([401, 200]);
    expect((await tenant.call('POST', '/clients/nobody/rotate-secret')).body).toEqual(noClient);
  });
});

describe('a list of clients', () => {
  it('shows each change at once, also where the same page was just asked for', async () => {
    const tenant = await administeredTenant();
    const names = async (): Promise<unknown[]> =>
      (await tenant.call<Client[]>('GET', '/clients?is_global=false&fields=name')).body.map((client) => client['name']);
    const before = await names();
    const { client_id: id } = await create(tenant, { name: 'New' });
    expect(await names()).toEqual([...before, 'New']);
    await tenant.call('PATCH', `/clients/${id}`, { name: 'Newer' });
    expect(await names()).toEqual([...before, 'Newer']);
    await tenant.call('DELETE', `/clients/${id}`);
    expect(await names()).toEqual(before);
  });

  it('does not show one caller what another may see', async () => {
    const tenant = await administeredTenant();
    const [all] = (await tenant.call<Client[]>('GET', '/clients')).body;
    expect(all).toHaveProperty('client_secret');
    const [some] = (await (await tenant.api('/clients')).json()) as Client[];
    expect(some).not.toHaveProperty('client_secret');
  });

  it('finds clients by the organization of their grants, or by grants for any', async () => {
    const tenant = await administeredTenant();
    const { id: organization } = (await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme' })).body;
    const grantFor = async (name: string, more: object): Promise<string> => {
      const { client_id } = await create(tenant, { name });
      const given = { client_id, audience: tenant.application.audience, scope: [], organization_usage: 'allow', ...more };
      return (await tenant.call<{ id: string }>('POST', '/client-grants', given)).body.id;
    };
    const grant = await grantFor('Of acme', {});
    await grantFor('Of all', { allow_any_organization: true });
    await tenant.call('POST', `/organizations/${organization}/client-grants`, { grant_id: grant });
    const found = async (q: string): Promise<unknown[]> =>
      (await tenant.call<{ clients: Client[] }>('GET', `/clients?take=50&q=${encodeURIComponent(q)}`)).body.clients.map(({ name }) => name);
    expect(await found(`client_grant.organization_id:${organization}`)).toEqual(['Of acme']);
    expect(await found('client_grant.allow_any_organization:true')).toEqual(['Of all']);
    expect(await found('client_grant.organization_id:org_none')).toEqual([]);
    for (const query of [
      'take=1&q=name:x',
      'q=client_grant.allow_any_organization:true',
      'take=1&is_global=true&q=client_grant.allow_any_organization:true',
    ]) {
      expect((await tenant.call('GET', `/clients?${query}`)).body).toMatchObject({ statusCode: 400, errorCode: 'invalid_query_string' });
    }
  });
});
