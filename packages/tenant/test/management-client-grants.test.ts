import { describe, expect, it } from 'vitest';
import { newClientGrant } from '../src/model/client-grant.ts';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';
import { insert } from './running-tenant.ts';

type Grant = Record<string, unknown> & { id: string };

const api = 'https://orders.example/';

async function withApi(): Promise<{ tenant: AdministeredTenant; client_id: string }> {
  const tenant = await administeredTenant();
  await tenant.call('POST', '/resource-servers', { identifier: api, scopes: [{ value: 'read:orders' }] });
  const { client_id } = (await tenant.call<{ client_id: string }>('POST', '/clients', { name: 'Worker' })).body;
  return { tenant, client_id };
}

async function grant(tenant: AdministeredTenant, given: object): Promise<Grant> {
  const { status, body } = await tenant.call<Grant>('POST', '/client-grants', given);
  expect(status).toBe(201);
  return body;
}

const noGrant = refusal(404, 'Not Found', 'The grant does not exist.', 'inexistent_client_grant');

describe('POST /api/v2/client-grants', () => {
  it('answers as recorded, and leaves out what is unset', async () => {
    const { tenant, client_id } = await withApi();
    const plain = await grant(tenant, { client_id, audience: api, scope: ['read:orders'] });
    expect(plain).toEqual({
      id: expect.stringMatching(/^cgr_[A-Za-z0-9]{16}$/) as string,
      client_id,
      audience: api,
      scope: ['read:orders'],
      subject_type: 'client',
    });
    expect((await tenant.call('GET', `/client-grants/${plain.id}`)).body).toEqual(plain);
    const full = await grant(tenant, {
      client_id,
      audience: tenant.application.audience,
      scope: ['create:resource'],
      organization_usage: 'allow',
      allow_any_organization: true,
      subject_type: 'client',
    });
    const { id: _id, ...shown } = full;
    expect(shown).toEqual({
      client_id,
      audience: tenant.application.audience,
      // Unknown to the API and taken all the same, as recorded.
      scope: ['create:resource'],
      organization_usage: 'allow',
      allow_any_organization: true,
      subject_type: 'client',
    });
  });

  it('takes one grant of each kind for a client and an API', async () => {
    const { tenant, client_id } = await withApi();
    await grant(tenant, { client_id, audience: api });
    const details = { subject_type: 'user', authorization_details_types: ['payment'] };
    expect(await grant(tenant, { client_id, audience: api, ...details })).toMatchObject({ ...details, scope: [] });
    for (const subject_type of ['client', 'user']) {
      expect((await tenant.call('POST', '/client-grants', { client_id, audience: api, subject_type })).body).toEqual(
        refusal(409, 'Conflict', 'client_grant already exists'),
      );
    }
  });

  it('takes a grant for every third-party client, and for all scopes', async () => {
    const { tenant } = await withApi();
    const shown = await grant(tenant, { default_for: 'third_party_clients', audience: api, allow_all_scopes: true });
    expect(shown).not.toHaveProperty('client_id');
    expect(shown).toMatchObject({ default_for: 'third_party_clients', scope: [], allow_all_scopes: true });
    expect((await tenant.call('GET', '/client-grants?default_for=third_party_clients')).body).toEqual([shown]);
    expect((await tenant.call('POST', '/client-grants', { default_for: 'third_party_clients', audience: api })).status).toBe(409);
  });

  it('refuses in the words of the service', async () => {
    const { tenant, client_id } = await withApi();
    const system = tenant.application.audience;
    const third = (await tenant.call<{ client_id: string }>('POST', '/clients', { name: 'Theirs', is_first_party: false })).body.client_id;
    const ofSystem = 'Client grants for this API cannot be created for third-party clients';
    const cases: [object, object][] = [
      [{ client_id: 'nobody', audience: api }, refusal(404, 'Not Found', 'Client not found')],
      [{ client_id, audience: 'urn:none' }, refusal(404, 'Not Found', 'No resource with identifier urn:none')],
      [{ client_id }, refusal(400, 'Bad Request', "Payload validation error: 'Missing required property: audience'.", 'invalid_body')],
      [{ audience: api }, refusal(400, 'Bad Request', "Payload validation error: 'Missing required property: client_id'.", 'invalid_body')],
      [
        { client_id, default_for: 'third_party_clients', audience: api },
        refusal(400, 'Bad Request', 'Only one of client_id and default_for can be given', 'invalid_body'),
      ],
      [{ client_id: third, audience: system }, refusal(400, 'Bad Request', ofSystem, 'invalid_body')],
      [{ default_for: 'third_party_clients', audience: system }, refusal(400, 'Bad Request', ofSystem, 'invalid_body')],
      [
        { client_id: third, audience: api, allow_any_organization: true },
        refusal(400, 'Bad Request', 'allow_any_organization cannot be used with third-party clients', 'invalid_body'),
      ],
      [
        { client_id, audience: api, authorization_details_types: ['x'] },
        refusal(400, 'Bad Request', 'authorization_details_types can only be used with subject_type user', 'invalid_body'),
      ],
      [
        { client_id, audience: api, scope: [''] },
        refusal(
          400,
          'Bad Request',
          "Payload validation error: 'String is too short (0 chars), minimum 1' on property scope.0.",
          'invalid_body',
        ),
      ],
    ];
    for (const [given, answer] of cases) expect((await tenant.call('POST', '/client-grants', given)).body).toEqual(answer);
    expect((await tenant.call<Grant[]>('GET', `/client-grants?client_id=${client_id}`)).body).toEqual([]);
  });
});

describe('PATCH and DELETE /api/v2/client-grants/{id}', () => {
  it('changes what may be changed, and unsets with null', async () => {
    const { tenant, client_id } = await withApi();
    const made = await grant(tenant, {
      client_id,
      audience: api,
      scope: ['a'],
      organization_usage: 'require',
      allow_any_organization: true,
    });
    const patch = (body: object) => tenant.call<Grant>('PATCH', `/client-grants/${made.id}`, body);
    expect(await patch({ scope: ['b', 'c'] })).toMatchObject({ status: 200, body: { ...made, scope: ['b', 'c'] } });
    const { organization_usage: _usage, allow_any_organization: _any, ...rest } = made;
    expect((await patch({ scope: null, organization_usage: null, allow_any_organization: null, allow_all_scopes: true })).body).toEqual({
      ...rest,
      scope: [],
      allow_all_scopes: true,
    });
    expect((await patch({ allow_all_scopes: null })).body).toEqual({ ...rest, scope: [] });
    expect((await patch({ audience: 'urn:other' })).body).toEqual(
      refusal(400, 'Bad Request', "Payload validation error: 'Additional properties not allowed: audience'.", 'invalid_body'),
    );
    expect((await tenant.call('PATCH', '/client-grants/cgr_none', { scope: [] })).body).toEqual(noGrant);
  });

  it('removes a grant as often as it is asked to, and its tokens end with it', async () => {
    const { tenant, client_id } = await withApi();
    const { client_secret } = (await tenant.call<{ client_secret: string }>('GET', `/clients/${client_id}`)).body;
    const made = await grant(tenant, { client_id, audience: api, scope: ['read:orders'] });
    const ask = async (): Promise<number> =>
      (await tenant.ask({ grant_type: 'client_credentials', client_id, client_secret, audience: api })).status;
    expect(await ask()).toBe(200);
    for (const _time of ['first', 'second']) expect((await tenant.call('DELETE', `/client-grants/${made.id}`)).status).toBe(204);
    expect((await tenant.call('GET', `/client-grants/${made.id}`)).body).toEqual(noGrant);
    expect(await ask()).toBe(403);
  });

  it('leaves grants of the system alone', async () => {
    const clientGrant = { id: 'cgr_system', scope: ['a'], isSystem: true };
    const tenant = await administeredTenant({
      prepare: (store, { agent, managementApiId: resourceServerId }) =>
        insert(store, {
          clientGrants: [{ ...newClientGrant({ ...clientGrant, clientId: agent.clientId, resourceServerId }), subjectType: 'user' }],
        }),
    });
    expect((await tenant.call('GET', '/client-grants/cgr_system')).body).toMatchObject({ is_system: true });
    for (const [method, what] of [
      ['PATCH', 'patched'],
      ['DELETE', 'deleted'],
    ] as const) {
      expect((await tenant.call(method, '/client-grants/cgr_system', method === 'PATCH' ? { scope: [] } : undefined)).body).toEqual(
        refusal(400, 'Bad Request', `System client grants cannot be ${what}`, 'operation_not_supported'),
      );
    }
  });
});

describe('organizations of a grant', () => {
  it('are added, listed both ways, and removed', async () => {
    const { tenant, client_id } = await withApi();
    const made = await grant(tenant, { client_id, audience: api, scope: ['a'], organization_usage: 'allow' });
    const organization = (await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme', display_name: 'Acme' })).body;
    const path = `/organizations/${organization.id}/client-grants`;
    const { status, body } = await tenant.call('POST', path, { grant_id: made.id });
    expect(status).toBe(201);
    expect(body).toEqual({ grant_id: made.id, client_id, audience: api, scope: ['a'], organization_usage: 'allow' });
    expect((await tenant.call('GET', path)).body).toEqual([made]);
    for (const [query, count] of [
      [`client_id=${client_id}`, 1],
      ['client_id=x', 0],
      [`audience=${encodeURIComponent(api)}`, 1],
      ['audience=x', 0],
      [`grant_ids=${made.id}&grant_ids=x`, 1],
      ['grant_ids=x', 0],
    ] as const) {
      expect((await tenant.call<object[]>('GET', `${path}?${query}`)).body).toHaveLength(count);
    }
    expect((await tenant.call('GET', `${path}?include_totals=true`)).body).toEqual({
      total: 1,
      start: 0,
      limit: 50,
      client_grants: [made],
    });
    expect((await tenant.call('GET', `${path}?take=1`)).body).toMatchObject({ errorCode: 'invalid_query_string' });
    expect((await tenant.call('GET', `/client-grants/${made.id}/organizations`)).body).toEqual([organization]);
    expect((await tenant.call('GET', `/client-grants/${made.id}/organizations?take=1`)).body).toEqual({ organizations: [organization] });
    for (const _time of ['first', 'second']) expect((await tenant.call('DELETE', `${path}/${made.id}`)).status).toBe(204);
    expect((await tenant.call('GET', path)).body).toEqual([]);
  });

  it('are added once each, and no more than a hundred grants to one organization', async () => {
    const { tenant, client_id } = await withApi();
    const made = await grant(tenant, { client_id, audience: api, organization_usage: 'allow' });
    const { id } = (await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme' })).body;
    const add = (grant_id: string) => tenant.call('POST', `/organizations/${id}/client-grants`, { grant_id });
    await add(made.id);
    expect((await add(made.id)).body).toEqual(refusal(409, 'Conflict', 'The client grant has already been added to this organization.'));
    for (let count = 1; count < 100; count += 1) {
      const audience = `urn:api:${count}`;
      await tenant.call('POST', '/resource-servers', { identifier: audience });
      await add((await grant(tenant, { client_id, audience })).id);
    }
    const last = await grant(tenant, { client_id, audience: tenant.application.audience });
    expect((await add(last.id)).body).toEqual(
      refusal(409, 'Conflict', 'Quota exceeded; cannot add more than 100 client grants to a single organization'),
    );
  }, 60_000);

  it('need an organization and a grant', async () => {
    const { tenant } = await withApi();
    const { id } = (await tenant.call<{ id: string }>('POST', '/organizations', { name: 'acme' })).body;
    const noOrganization = refusal(404, 'Not Found', 'No organization found by that id or name');
    expect((await tenant.call('POST', `/organizations/${id}/client-grants`, { grant_id: 'cgr_none' })).body).toEqual(noGrant);
    expect((await tenant.call('POST', '/organizations/org_none/client-grants', { grant_id: 'cgr_none' })).body).toEqual(noOrganization);
    expect((await tenant.call('GET', '/organizations/org_none/client-grants')).body).toEqual(noOrganization);
    expect((await tenant.call('GET', '/client-grants/cgr_none/organizations')).body).toEqual(noGrant);
  });
});
