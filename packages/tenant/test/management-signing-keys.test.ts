import { X509Certificate } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';

interface Key {
  readonly kid: string;
  readonly cert: string;
  readonly pkcs7: string;
  readonly fingerprint: string;
  readonly thumbprint: string;
  readonly [property: string]: unknown;
}

const listed = async (tenant: AdministeredTenant): Promise<Key[]> => (await tenant.call<Key[]>('GET', '/keys/signing')).body;
const rotate = (tenant: AdministeredTenant) => tenant.call<{ cert: string; kid: string }>('POST', '/keys/signing/rotate');
const published = async ({ url }: AdministeredTenant): Promise<string[]> =>
  ((await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);

/** Calls with a new token each time: rotations end those that a former key signed. */
async function keeper(tenant: AdministeredTenant): Promise<(method: string, path: string) => Promise<Response>> {
  const given = { name: 'Keeper', grant_types: ['client_credentials'] };
  const { client_id, client_secret } = (await tenant.call<{ client_id: string; client_secret: string }>('POST', '/clients', given)).body;
  const scope = ['create:signing_keys', 'update:signing_keys', 'read:signing_keys'];
  await tenant.call('POST', '/client-grants', { client_id, audience: tenant.application.audience, scope });
  return async (method, path) => await tenant.api(path, { method, token: await tenant.token({ client_id, client_secret }) });
}

// Keys are slow to make.
describe('/api/v2/keys/signing', { timeout: 60_000 }, () => {
  it('shows keys with their certificates, and never a private half', async () => {
    const tenant = await administeredTenant();
    await rotate(tenant);
    const [current, next, previous, ...others] = await listed(tenant);
    expect(others).toEqual([]);
    expect(current).toEqual({
      kid: current?.kid,
      cert: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\r\n[\s\S]+\r\n-----END CERTIFICATE-----\r\n$/) as string,
      pkcs7: expect.stringMatching(/^-----BEGIN PKCS7-----\r\n[\s\S]+\r\n-----END PKCS7-----\r\n$/) as string,
      current: true,
      next: false,
      previous: false,
      current_since: new Date(tenant.clock.nowMs).toISOString(),
      fingerprint: new X509Certificate(current?.cert ?? '').fingerprint,
      thumbprint: current?.fingerprint.replaceAll(':', ''),
      revoked: false,
    });
    expect(next).toMatchObject({ current: false, next: true, previous: false, revoked: false });
    expect(previous).toMatchObject({ previous: true, current_until: new Date(tenant.clock.nowMs).toISOString() });
    expect(JSON.stringify(await listed(tenant))).not.toContain('PRIVATE');
    expect((await tenant.call('GET', `/keys/signing/${previous?.kid}`)).body).toEqual(previous);
    expect(await published(tenant)).toEqual([current?.kid, next?.kid, previous?.kid]);
  });

  it('names its certificates after the host of the tenant, whatever the domain', async () => {
    for (const [domain, host] of [
      ['id.example:8443', 'id.example'],
      ['[::1]:8443', '[::1]'],
    ] as const) {
      const { body } = await rotate(await administeredTenant({ domain }));
      expect(new X509Certificate(body.cert).subject).toBe(`CN=${host}`);
    }
  });

  it('rotates: the next key signs, and what the previous one signed is taken until it is revoked', async () => {
    const tenant = await administeredTenant();
    const before = await tenant.token();
    const former = decodeProtectedHeader(before).kid ?? '';
    const { status, body } = await rotate(tenant);
    const [current, next] = await listed(tenant);
    expect([status, body]).toEqual([201, { cert: next?.cert, kid: next?.kid }]);
    expect(decodeProtectedHeader(await tenant.token()).kid).toBe(current?.kid);
    expect(current?.kid).not.toBe(former);
    expect((await tenant.api('/clients', { token: before })).status).toBe(200);

    const token = await tenant.tokenWith('update:signing_keys', 'create:signing_keys');
    const revoked = await tenant.api(`/keys/signing/${former}/revoke`, { method: 'PUT', token });
    expect([revoked.status, Object.keys((await revoked.json()) as object)]).toEqual([200, ['cert', 'kid']]);
    expect(await published(tenant)).not.toContain(former);
    const refused = await tenant.api('/clients', { token: before });
    expect(await refused.json()).toEqual({
      ...refusal(401, 'Unauthorized', 'Invalid token'),
      attributes: { error: 'Invalid token' },
    });
  });

  it('keeps one previous key and lists the last three that were revoked', async () => {
    const tenant = await administeredTenant();
    const call = await keeper(tenant);
    for (let times = 0; times < 5; times += 1) {
      tenant.clock.nowMs += 1_000;
      expect((await call('POST', '/keys/signing/rotate')).status).toBe(201);
    }
    const keys = (await (await call('GET', '/keys/signing')).json()) as Key[];
    const states = keys.map((key) => ['current', 'next', 'previous', 'revoked'].find((state) => key[state] === true));
    expect(states).toEqual(['current', 'next', 'previous', 'revoked', 'revoked', 'revoked']);
  });

  it('revokes a previous key alone', async () => {
    const tenant = await administeredTenant();
    await rotate(tenant);
    const [current, next, previous] = await listed(tenant);
    const revoke = (kid = '') => tenant.call('PUT', `/keys/signing/${kid}/revoke`);
    const inUse = refusal(400, 'Bad Request', 'Only a previous signing key can be revoked', 'operation_not_supported');
    expect((await revoke(current?.kid)).body).toEqual(inUse);
    expect((await revoke(next?.kid)).body).toEqual(inUse);
    const none = refusal(404, 'Not Found', 'Signing key not found');
    expect((await revoke('none')).body).toEqual(none);
    expect((await tenant.call('GET', '/keys/signing/none')).body).toEqual(none);
    expect((await listed(tenant)).filter(({ revoked }) => revoked)).toEqual([]);
    const call = await keeper(tenant);
    expect((await call('PUT', `/keys/signing/${previous?.kid}/revoke`)).status).toBe(200);
    expect(await (await call('GET', `/keys/signing/${previous?.kid}`)).json()).toMatchObject({
      previous: false,
      revoked: true,
      revoked_at: new Date(tenant.clock.nowMs).toISOString(),
    });
  });

  it('needs both scopes to rotate', async () => {
    const tenant = await administeredTenant();
    for (const scope of ['create:signing_keys', 'update:signing_keys']) {
      const response = await tenant.api('/keys/signing/rotate', { method: 'POST', token: await tenant.tokenWith(scope) });
      expect(await response.json()).toEqual(
        refusal(403, 'Forbidden', 'Insufficient scope, expected all of: create:signing_keys,update:signing_keys', 'insufficient_scope'),
      );
    }
    expect(await listed(tenant)).toHaveLength(2);
  });

  it('rotates five times a day where a plan is set', async () => {
    const tenant = await administeredTenant({ rateLimitPlan: 'enterprise' });
    const call = await keeper(tenant);
    const statuses = [];
    for (let times = 0; times < 6; times += 1) statuses.push((await call('POST', '/keys/signing/rotate')).status);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429]);
    expect(await (await call('POST', '/keys/signing/rotate')).json()).toEqual(
      refusal(429, 'Too Many Requests', 'Endpoint limit has been reached', 'too_many_requests'),
    );
    expect((await call('GET', '/keys/signing')).status).toBe(200);
  });
});
