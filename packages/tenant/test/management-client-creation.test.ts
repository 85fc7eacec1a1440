import { describe, expect, it } from 'vitest';
import { type Client, create, list, names } from './clients-of-tenant.ts';
import { machine, runningTenant } from './running-tenant.ts';

describe('POST /api/v2/clients', () => {
  it('makes a client with the defaults of the real service and shows its secret, but no private key', async () => {
    const tenant = await runningTenant();
    const response = await create(tenant, { name: 'Plain' });
    expect(response.status).toBe(201);
    const client = (await response.json()) as Client;
    expect(client).toEqual({
      tenant: '127',
      global: false,
      is_token_endpoint_ip_header_trusted: false,
      name: 'Plain',
      is_first_party: true,
      sso_disabled: false,
      cross_origin_auth: false,
      oidc_conformant: false,
      refresh_token: {
        expiration_type: 'non-expiring',
        leeway: 0,
        infinite_token_lifetime: true,
        infinite_idle_token_lifetime: true,
        token_lifetime: 2_592_000,
        idle_token_lifetime: 1_296_000,
        rotation_type: 'non-rotating',
      },
      encrypted: true,
      signing_keys: [{ cert: expect.any(String) as string, pkcs7: expect.any(String) as string, subject: '/CN=localhost' }],
      client_id: expect.stringMatching(/^[A-Za-z0-9]{32}$/) as string,
      callback_url_template: false,
      client_secret: expect.stringMatching(/^[\w-]{64}$/) as string,
      jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false },
      grant_types: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
      custom_login_page_on: true,
    });
    expect(names(await list(tenant, ''))).toEqual(['Default App', 'Evertoken Agent', 'Plain', 'All Applications']);
  });

  it('keeps what is given, and fits the defaults to it', async () => {
    const tenant = await runningTenant();
    const given = {
      name: 'Worker',
      description: 'nightly',
      app_type: 'non_interactive',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: 'chosen',
      client_metadata: { team: 'orders' },
      jwt_configuration: { alg: 'RS256' },
      cross_origin_authentication: true,
    };
    const client = (await (await create(tenant, given)).json()) as Client;
    expect(client).toMatchObject({
      ...given,
      cross_origin_auth: true,
      jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false, alg: 'RS256' },
      refresh_token: { token_lifetime: 31_557_600, idle_token_lifetime: 2_592_000 },
    });
    // Settings of flows that have a person in them, which SDKs send.
    const kept = { anonymous_sessions: { enabled: true }, b2b_integration_configuration: { any: 'thing' } };
    expect(await (await create(tenant, { name: 'Kept', ...kept })).json()).toMatchObject(kept);
    const publicClient = (await (await create(tenant, { name: 'Page', token_endpoint_auth_method: 'none' })).json()) as Client;
    expect(publicClient['grant_types']).toEqual(['authorization_code', 'implicit', 'refresh_token']);
    expect(((await (await create(tenant, { name: 'RS', app_type: 'resource_server' })).json()) as Client)['grant_types']).toEqual([]);
  });

  it('takes a form, typed by what the API expects', async () => {
    const tenant = await runningTenant();
    const response = await create(
      tenant,
      'name=Form&is_first_party=false&grant_types=client_credentials&callbacks=https%3A%2F%2Fa&callbacks=https%3A%2F%2Fb',
      'application/x-www-form-urlencoded',
    );
    expect(await response.json()).toMatchObject({
      name: 'Form',
      is_first_party: false,
      grant_types: ['client_credentials'],
      callbacks: ['https://a', 'https://b'],
    });
  });

  it('lets two clients have one name', async () => {
    const tenant = await runningTenant();
    const ids = await Promise.all(
      ['Twin', 'Twin'].map(async (name) => ((await (await create(tenant, { name })).json()) as Client)['client_id']),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('refuses bodies in the words of the real service', async () => {
    const tenant = await runningTenant();
    const name = 'Name of this client (min length: 1 character, does not allow `<` or `>`).';
    const cases: [unknown, string | RegExp][] = [
      [{}, "Payload validation error: 'Missing required property: name'."],
      ['', "Payload validation error: 'Missing required property: name'."],
      ['[]', "Payload validation error: 'Expected type object but found type array'."],
      [{ name: 'a', second: 1, first: 2 }, "Payload validation error: 'Additional properties not allowed: second,first'."],
      [
        { name: 'a', client_authentication_methods: {} },
        "Payload validation error: 'Expected exactly one authentication method but found 0' on property client_authentication_methods (Defines client authentication methods.).",
      ],
      [{ name: 1 }, `Payload validation error: 'Expected type string but found type integer' on property name (${name}).`],
      [{ name: '<b>' }, `Payload validation error: 'String does not match pattern ^[^<>]+$: <b>' on property name (${name}).`],
      [{ name: '' }, `Payload validation error: 'String is too short (0 chars), minimum 1' on property name (${name}).`],
      [
        { name: 'a', description: 'x'.repeat(141) },
        "Payload validation error: 'String is too long (141 chars), maximum 140' on property description (Free text description of this client (max length: 140 characters).).",
      ],
      [
        { name: 'a', app_type: 'robot' },
        "Payload validation error: 'No enum match for: robot' on property app_type (The type of application this client represents).",
      ],
      [
        { name: 'a', jwt_configuration: { lifetime_in_seconds: 1.5 } },
        "Payload validation error: 'Expected type integer but found type number' on property jwt_configuration.lifetime_in_seconds (Number of seconds the JWT will be valid for (affects `exp` claim).).",
      ],
      [{ name: 'a', callbacks: [null] }, "Payload validation error: 'Expected type string but found type null' on property callbacks.0."],
      [
        { name: 'a', client_metadata: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`k${at}`, 'v'])) },
        "Payload validation error: 'Too many properties defined (11), maximum 10' on property client_metadata.",
      ],
      [{ name: 'a', token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] }, 'Invalid grant types: client_credentials'],
      [{ name: 'a', grant_types: ['client-credentials'] }, 'Invalid grant types: client-credentials'],
      ['{"name":', 'Invalid request payload JSON format'],
      [`{"name":"a","addons":${'['.repeat(100)}${']'.repeat(100)}}`, /nested/],
      ['{"name":"a","__proto__":{"is_first_party":false}}', /./],
    ];
    for (const [body, message] of cases) {
      expect(await (await create(tenant, body)).json()).toEqual({
        statusCode: 400,
        error: 'Bad Request',
        message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
        errorCode: 'invalid_body',
      });
    }
    expect(names(await list(tenant, ''))).toHaveLength(3);
  });

  it('refuses another content type and a body over 1 MB', async () => {
    const tenant = await runningTenant();
    expect(await (await create(tenant, '<name/>', 'text/xml')).json()).toMatchObject({ statusCode: 415, error: 'Unsupported Media Type' });
    expect(await (await create(tenant, { name: 'x'.repeat(1_048_577) })).json()).toMatchObject({ statusCode: 413 });
    expect(await (await create(tenant, Buffer.from([0xff]).toString('latin1'))).json()).toMatchObject({ statusCode: 400 });
  });

  it('does not read the body of a caller without the scope', async () => {
    const { prepare, credentials } = machine(['read:clients']);
    const tenant = await runningTenant({ prepare });
    const response = await tenant.api('/clients', { method: 'POST', body: '{"name":', token: await tenant.token(credentials) });
    expect(response.status).toBe(403);
  });

  it('is told in the log without the secret', async () => {
    const tenant = await runningTenant();
    const client = (await (await create(tenant, { name: 'Logged' })).json()) as Client;
    expect(tenant.lines.filter(({ event }) => event === 'tenant.log')).toMatchObject([
      { type: 'sapi', client_id: tenant.application.clientId, msg: 'Create a client' },
    ]);
    expect(JSON.stringify(tenant.lines)).not.toContain(client['client_secret']);
  });
});
