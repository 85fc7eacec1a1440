import { describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';

type Api = Record<string, unknown> & { id: string };

const identifier = 'https://orders.example/api?v=1';
const noApi = refusal(404, 'Not Found', 'The resource server does not exist', 'inexistent_resource_server');

async function create(tenant: AdministeredTenant, given: object): Promise<Api> {
  const { status, body } = await tenant.call<Api>('POST', '/resource-servers', given);
  expect(status).toBe(201);
  return body;
}

async function system(tenant: AdministeredTenant): Promise<Api> {
  return (await tenant.call<Api>('GET', `/resource-servers/${encodeURIComponent(tenant.application.audience)}`)).body;
}

describe('POST /api/v2/resource-servers', () => {
  it('answers a minimal one as recorded', async () => {
    const tenant = await administeredTenant();
    const made = await create(tenant, { identifier });
    expect(Object.keys(made)).not.toContain('name');
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      identifier,
      allow_offline_access: false,
      skip_consent_for_verifiable_first_party_clients: false,
      subject_type_authorization: { client: { policy: 'require_client_grant' }, user: { policy: 'allow_all' } },
      token_lifetime: 86_400,
      token_lifetime_for_web: 7_200,
      signing_alg: 'RS256',
    });
    for (const name of [made.id, encodeURIComponent(identifier)]) {
      expect((await tenant.call('GET', `/resource-servers/${name}`)).body).toEqual(made);
    }
  });

  it('keeps what is given, and echoes a secret also where RS256 signs', async () => {
    const tenant = await administeredTenant();
    const given = {
      identifier,
      name: 'Orders',
      scopes: [{ value: 'read:orders', description: 'Read orders' }, { value: 'write:orders' }],
      signing_secret: 'sixteen or more of them',
      token_lifetime: 123_456,
      token_lifetime_for_web: 60,
      token_dialect: 'rfc9068_profile_authz',
      enforce_policies: true,
    };
    expect(await create(tenant, given)).toMatchObject({ ...given, signing_alg: 'RS256' });
  });

  it('makes a secret for HS256 where none is given, and shortens the default of browsers to the lifetime', async () => {
    const tenant = await administeredTenant();
    const made = await create(tenant, { identifier, signing_alg: 'HS256', token_lifetime: 60 });
    expect(made).toMatchObject({ signing_secret: expect.stringMatching(/^[\w-]{64}$/) as string, token_lifetime_for_web: 60 });
    expect((await tenant.call('GET', `/resource-servers/${made.id}`)).body).toEqual(made);
  });

  it('refuses in the words of the service', async () => {
    const tenant = await administeredTenant();
    await create(tenant, { identifier });
    const cases: [object, object][] = [
      [{ identifier }, refusal(409, 'Conflict', 'A resource server with the same identifier already exists.')],
      [{}, refusal(400, 'Bad Request', "Payload validation error: 'Missing required property: identifier'.", 'invalid_body')],
      ...[tenant.application.audience, `https://${tenant.domain}/me/`, `https://${tenant.domain}/mfa/`].map(
        (reserved): [object, object] => [
          { identifier: reserved },
          refusal(400, 'Bad Request', 'The selected identifier is reserved', 'invalid_body'),
        ],
      ),
      [
        { identifier: 'urn:x', scopes: [{ value: 'a' }, { value: 'b' }, { value: 'a' }] },
        refusal(
          400,
          'Bad Request',
          "Payload validation error: 'Array items are not unique (indexes 0 and 2)' on property scopes (List of permissions (scopes) that this API uses.).",
          'invalid_body',
        ),
      ],
      [
        { identifier: 'urn:x', token_lifetime: 10, token_lifetime_for_web: 11 },
        refusal(400, 'Bad Request', 'token_lifetime_for_web cannot be greater than token_lifetime', 'invalid_body'),
      ],
      [
        { identifier: 'urn:x', token_lifetime: 2_592_001 },
        refusal(400, 'Bad Request', expect.stringContaining('Value 2592001 is greater than maximum 2592000'), 'invalid_body'),
      ],
      [
        { identifier: 'urn:x', signing_secret: 'fifteen letters' },
        refusal(400, 'Bad Request', expect.stringContaining('String is too short (15 chars), minimum 16'), 'invalid_body'),
      ],
      [
        { identifier: 'urn:x', subject_type_authorization: { client: { policy: 'allow_all' } } },
        refusal(400, 'Bad Request', expect.stringContaining('No enum match for: allow_all'), 'invalid_body'),
      ],
      [
        { identifier: 'urn:x', token_encryption: { format: 'compact-nested-jwe' } },
        refusal(403, 'Forbidden', 'This tenant does not have token_encryption', 'feature_not_enabled'),
      ],
      [
        { identifier: 'urn:x', proof_of_possession: { mechanism: 'dpop', required: true } },
        refusal(403, 'Forbidden', 'This tenant does not have proof_of_possession', 'feature_not_enabled'),
      ],
    ];
    for (const [given, answer] of cases) expect((await tenant.call('POST', '/resource-servers', given)).body).toEqual(answer);
    expect((await tenant.call<Api[]>('GET', '/resource-servers')).body).toHaveLength(2);
  });

  it('takes a thousand scopes and not one more', async () => {
    const tenant = await administeredTenant();
    const scopes = Array.from({ length: 1_001 }, (_, at) => ({ value: `scope:${at}` }));
    expect((await tenant.call('POST', '/resource-servers', { identifier, scopes })).body).toEqual(
      refusal(400, 'Bad Request', expect.stringContaining('Array is too long (1001), maximum 1000'), 'invalid_body'),
    );
    expect((await create(tenant, { identifier, scopes: scopes.slice(1) }))['scopes']).toHaveLength(1_000);
  });
});

describe('PATCH and DELETE /api/v2/resource-servers/{id}', () => {
  it('changes by id or identifier, answers 200, and replaces the scopes as a whole', async () => {
    const tenant = await administeredTenant();
    const made = await create(tenant, { identifier, name: 'Orders', scopes: [{ value: 'a' }, { value: 'b' }] });
    const { status, body } = await tenant.call('PATCH', `/resource-servers/${encodeURIComponent(identifier)}`, {
      scopes: [{ value: 'c' }],
      token_lifetime_for_web: 100,
      subject_type_authorization: { client: { policy: 'deny_all' } },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...made,
      scopes: [{ value: 'c' }],
      token_lifetime_for_web: 100,
      subject_type_authorization: { client: { policy: 'deny_all' }, user: { policy: 'allow_all' } },
    });
    expect((await tenant.call('PATCH', `/resource-servers/${made.id}`, { identifier: 'urn:other' })).body).toEqual(
      refusal(400, 'Bad Request', "Payload validation error: 'Additional properties not allowed: identifier'.", 'invalid_body'),
    );
    expect((await tenant.call('PATCH', '/resource-servers/none', { name: 'x' })).body).toEqual(noApi);
  });

  it('takes effect on the next token', async () => {
    const tenant = await administeredTenant();
    const lifetime = async (): Promise<unknown> => {
      const { clientId, clientSecret, audience } = tenant.application;
      const answer = await tenant.ask({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience });
      return ((await answer.json()) as { expires_in: number }).expires_in;
    };
    expect(await lifetime()).toBe(86_400);
    await tenant.call('PATCH', `/resource-servers/${(await system(tenant)).id}`, { token_lifetime: 600 });
    expect(await lifetime()).toBe(600);
  });

  it('lets a system API be changed where the service does, and nowhere else', async () => {
    const tenant = await administeredTenant();
    const { id } = await system(tenant);
    const changed = await tenant.call('PATCH', `/resource-servers/${id}`, {
      token_lifetime: 600,
      skip_consent_for_verifiable_first_party_clients: true,
    });
    expect(changed.status).toBe(200);
    const refused = (what: string): object =>
      refusal(400, 'Bad Request', `System resource servers cannot be ${what}`, 'operation_not_supported');
    for (const change of [{ name: 'Auth0 Management API' }, { scopes: [] }, { signing_alg: 'HS256' }, { token_lifetime_for_web: 1 }]) {
      expect((await tenant.call('PATCH', `/resource-servers/${id}`, change)).body).toEqual(refused('patched'));
    }
    expect((await tenant.call('DELETE', `/resource-servers/${id}`)).body).toEqual(refused('deleted'));
    expect((await system(tenant))['name']).toBe('Auth0 Management API');
  });

  it('removes an API with its grants, as often as it is asked to', async () => {
    const tenant = await administeredTenant();
    await create(tenant, { identifier });
    const grant = await tenant.call<{ id: string }>('POST', '/client-grants', {
      client_id: tenant.application.clientId,
      audience: identifier,
    });
    for (const _time of ['first', 'second']) {
      expect((await tenant.call('DELETE', `/resource-servers/${encodeURIComponent(identifier)}`)).status).toBe(204);
    }
    expect((await tenant.call('GET', `/resource-servers/${encodeURIComponent(identifier)}`)).body).toEqual(noApi);
    expect((await tenant.call('GET', `/client-grants/${grant.body.id}`)).status).toBe(404);
    await create(tenant, { identifier });
  });
});
