import { describe, expect, it } from 'vitest';
import { administeredTenant, refusal } from './administered-tenant.ts';

const sandboxes = { sandbox_version: '22', sandbox_versions_available: ['22', '18', '12'] };
const invalid = (message: string): object => refusal(400, 'Bad Request', message, 'invalid_body');

describe('/api/v2/tenants/settings', () => {
  it('shows what was set and nothing else, with the versions of Node.js that tools ask for', async () => {
    const tenant = await administeredTenant();
    expect((await tenant.call('GET', '/tenants/settings')).body).toEqual(sandboxes);
    const change = { friendly_name: 'Acme', session_lifetime: 1.5, flags: { remove_alg_from_jwks: true } };
    const { status, body } = await tenant.call('PATCH', '/tenants/settings', change);
    expect([status, body]).toEqual([200, { ...change, ...sandboxes }]);
    expect((await tenant.call('GET', '/tenants/settings?fields=friendly_name')).body).toEqual({ friendly_name: 'Acme', ...sandboxes });
    expect((await tenant.call('GET', '/tenants/settings?fields=flags&include_fields=false')).body).toEqual({
      friendly_name: 'Acme',
      session_lifetime: 1.5,
      ...sandboxes,
    });
  });

  it('merges flags one by one, and removes with null what can be removed', async () => {
    const tenant = await administeredTenant();
    const patch = async (change: object) => (await tenant.call('PATCH', '/tenants/settings', change)).body;
    await patch({ flags: { one: true, two: false }, allow_organization_name_in_authentication_api: true });
    expect(await patch({ flags: { two: true } })).toMatchObject({ flags: { one: true, two: true } });
    expect(await patch({ allow_organization_name_in_authentication_api: null })).toEqual({ flags: { one: true, two: true }, ...sandboxes });
  });

  it('takes effect on the next request: a default audience, and what the JWKS tells', async () => {
    const tenant = await administeredTenant();
    const { clientId: client_id, clientSecret: client_secret, audience } = tenant.application;
    const ask = () => tenant.ask({ grant_type: 'client_credentials', client_id, client_secret });
    expect((await ask()).status).toBe(403);
    await tenant.call('PATCH', '/tenants/settings', { default_audience: audience, flags: { remove_alg_from_jwks: true } });
    expect((await ask()).status).toBe(200);
    const { keys } = (await (await fetch(`${tenant.url}/.well-known/jwks.json`)).json()) as { keys: object[] };
    for (const key of keys) expect(key).not.toHaveProperty('alg');
    await tenant.call('PATCH', '/tenants/settings', { default_audience: '' });
    expect((await ask()).status).toBe(403);
  });

  it('refuses what it does not know', async () => {
    const tenant = await administeredTenant();
    const cases: [object, string][] = [
      [{ colour: 'red' }, "Payload validation error: 'Additional properties not allowed: colour'."],
      [
        { resource_parameter_profile: 'both' },
        "Payload validation error: 'No enum match for: both' on property resource_parameter_profile (Profile that determines how the identity of the protected resource is indicated.).",
      ],
      [
        { allow_organization_name_in_authentication_api: 'yes' },
        "Payload validation error: 'Expected type boolean but found type string' on property allow_organization_name_in_authentication_api (Whether to accept an organization name instead of an ID on auth endpoints).",
      ],
    ];
    for (const [change, message] of cases) expect((await tenant.call('PATCH', '/tenants/settings', change)).body).toEqual(invalid(message));
    expect((await tenant.call('GET', '/tenants/settings')).body).toEqual(sandboxes);
  });

  it('can be read with the scope for it, and changed with another', async () => {
    const tenant = await administeredTenant();
    const token = await tenant.tokenWith('read:tenant_settings');
    expect((await tenant.api('/tenants/settings', { token })).status).toBe(200);
    const refused = await tenant.api('/tenants/settings', { method: 'PATCH', token, body: '{}' });
    expect(await refused.json()).toEqual(
      refusal(403, 'Forbidden', 'Insufficient scope, expected any of: update:tenant_settings', 'insufficient_scope'),
    );
  });
});

describe('/api/v2/stats', () => {
  it('counts no logins, as there are none', async () => {
    const tenant = await administeredTenant();
    expect((await tenant.call('GET', '/stats/active-users')).body).toBe(0);
    expect((await tenant.call('GET', '/stats/daily?from=20260101&to=20260131')).body).toEqual([]);
    expect((await tenant.call('GET', '/stats/daily?from=2026-01-01')).body).toEqual(
      refusal(
        400,
        'Bad Request',
        "Query validation error: 'String does not match pattern ^\\d{8}$: 2026-01-01' on property from (Optional first day of the date range (inclusive) in YYYYMMDD format.).",
        'invalid_query_string',
      ),
    );
  });
});
