import { openStateFolder } from '@evertoken/service';
import { describe, expect, it } from 'vitest';
import { shownLogEntry } from '../src/log/shown-log-entry.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import type { RunningTenant } from './running-tenant.ts';
import { audience, tenantWith } from './token-parties.ts';

/** What a tenant has written into its logs, oldest first, once it is closed. */
async function eventsOf(tenant: RunningTenant): Promise<Record<string, unknown>[]> {
  await tenant.close();
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(tenant.path) });
  try {
    const { items } = await store.logs({ order: 'oldest first', page: { kind: 'offset', offset: 0, limit: 100 } });
    return items
      .map((entry): Record<string, unknown> => shownLogEntry(entry, 'acme.example'))
      .sort((a, b) => String(a['log_id']).localeCompare(String(b['log_id'])));
  } finally {
    await store.close();
  }
}

describe('the logs of a tenant tell', () => {
  it('of each token who got it, for what, and from where', async () => {
    const { tenant, own } = await tenantWith({ api: { token_dialect: 'rfc9068_profile' } });
    const telemetry = Buffer.from('{"name":"sdk","version":"1"}').toString('base64url');
    const response = await tenant.ask({ ...own.request, scope: 'read:things' }, { 'user-agent': 'a-program/1', 'auth0-client': telemetry });
    expect(response.status).toBe(200);
    expect(await eventsOf(tenant)).toEqual([
      expect.objectContaining({
        type: 'seccft',
        description: 'Client Credentials for Access Token',
        client_id: own.clientId,
        client_name: 'Worker',
        audience,
        scope: 'read:things',
        ip: '127.0.0.1',
        user_agent: 'a-program/1',
        details: { access_token_jti: expect.stringMatching(/^[\w-]{22}$/) as string },
      }) as unknown,
    ]);
  });

  it('of each who got the same token again, and with what', async () => {
    const { tenant, own } = await tenantWith();
    const programs = ['one/1', 'one/1', 'one/1', 'two/2', 'two/2', 'one/1'];
    for (const program of programs) expect((await tenant.ask(own.request, { 'user-agent': program })).status).toBe(200);
    expect((await eventsOf(tenant)).map((event) => event['user_agent'])).toEqual(programs);
  });

  it('of each refusal why, and of a client that failed to prove who it is what was wrong', async () => {
    const { tenant, own } = await tenantWith();
    await tenant.ask({ ...own.request, audience: 'https://unknown.example/' });
    await tenant.ask({
      grant_type: 'client_credentials',
      audience,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'nonsense',
    });
    const events = await eventsOf(tenant);
    expect(events).toMatchObject([
      {
        type: 'feccft',
        description: 'Service not enabled within domain: https://unknown.example/',
        client_id: own.clientId,
        client_name: 'Worker',
        audience: 'https://unknown.example/',
      },
      {
        type: 'feccft',
        description: 'Failed client authentication',
        details: { client_authentication_error: "'client_assertion' must be a signed JWT in compact form" },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain(own.request['client_secret']);
  });

  it('the address that a trusted client names, and no one else', async () => {
    for (const [isTrusted, ip] of [
      [true, '192.0.2.1'],
      [false, '127.0.0.1'],
    ] as const) {
      const { tenant, own } = await tenantWith({ application: { is_token_endpoint_ip_header_trusted: isTrusted } });
      await tenant.ask(own.request, { 'auth0-forwarded-for': '192.0.2.1' });
      expect(await eventsOf(tenant)).toMatchObject([{ type: 'seccft', ip }]);
    }
  });

  it('of a quota that is nearly used up', async () => {
    const { tenant, own } = await tenantWith({ application: { token_quota: { client_credentials: { per_day: 5 } } } });
    for (let count = 0; count < 3; count += 1) await tenant.ask(own.request);
    const warnings = (await eventsOf(tenant)).filter(({ type }) => type === 'token_quota_consumption_warning');
    expect(warnings).toMatchObject([{ description: '60% of client per_day quota consumed', client_id: own.clientId }]);
  });
});
