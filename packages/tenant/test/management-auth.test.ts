import { createHmac, createSign } from 'node:crypto';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { newSigningKey } from '../src/issue/new-signing-key.ts';
import { newClientGrant } from '../src/model/client-grant.ts';
import { newResourceServer } from '../src/model/resource-server.ts';
import { goodRequest, insert, machine, type RunningTenant, runningTenant } from './running-tenant.ts';

const call = async (tenant: RunningTenant, authorization?: string): Promise<Response> =>
  await fetch(`${tenant.url}/api/v2/clients`, authorization === undefined ? {} : { headers: { authorization } });

async function expectBadToken(response: Response, message: string): Promise<void> {
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe(`Token error="${message}"`);
  expect(response.headers.has('x-ratelimit-limit')).toBe(false);
  expect(await response.json()).toEqual({ statusCode: 401, error: 'Unauthorized', message, attributes: { error: message } });
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('the Management API', () => {
  it('answers a good token with rate-limit headers', async () => {
    const tenant = await runningTenant();
    const response = await tenant.api('/clients');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-cache',
      vary: 'origin,accept-encoding',
      'x-ratelimit-limit': '50',
      'x-ratelimit-remaining': '49',
      'x-ratelimit-reset': String(tenant.clock.nowMs / 1000 + 1),
      'access-control-expose-headers': 'X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset',
    });
  });

  it('asks for a token where there is none', async () => {
    const response = await call(await runningTenant());
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.has('x-ratelimit-limit')).toBe(false);
    expect(await response.json()).toEqual({ statusCode: 401, error: 'Unauthorized', message: 'Missing authentication' });
  });

  it('calls garbage, an opaque token or another scheme a bad header', async () => {
    const tenant = await runningTenant();
    const token = await tenant.token();
    for (const authorization of [
      'Bearer',
      'Bearer opaque',
      'Bearer a.b.c',
      `Bearer ${part([])}.${part({})}.c`,
      `Token ${token}`,
      `Basic ${token}`,
      token,
      `Bearer ${token} x`,
      `Bearer ${token}.x`,
    ]) {
      const response = await call(tenant, authorization);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        statusCode: 400,
        error: 'Bad Request',
        message: 'Bad HTTP authentication header format',
        errorCode: 'Bearer',
      });
    }
    expect((await call(tenant, `bearer ${token}`)).status).toBe(200);
  });

  it('refuses an expired token, and takes it up to its last second', async () => {
    const tenant = await runningTenant({ tokenLifetimeSeconds: 10 });
    const token = await tenant.token();
    tenant.clock.nowMs += 9_000;
    expect((await call(tenant, `Bearer ${token}`)).status).toBe(200);
    tenant.clock.nowMs += 1_000;
    await expectBadToken(await call(tenant, `Bearer ${token}`), 'Expired token received for JSON Web Token validation');
  });

  it('refuses a token whose claims were changed', async () => {
    const tenant = await runningTenant();
    const [header, , signature] = (await tenant.token()).split('.');
    const claims = { ...decodeJwt(await tenant.token()), scope: 'read:clients read:client_keys' };
    await expectBadToken(
      await call(tenant, `Bearer ${header}.${part(claims)}.${signature}`),
      'Invalid signature received for JSON Web Token validation',
    );
  });

  it('refuses an unsigned token, one signed by a key of its own, and one signed with the public key as a secret', async () => {
    const tenant = await runningTenant();
    const [header = '', claims = ''] = (await tenant.token()).split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { privateKeyPem } = await newSigningKey('current', 'localhost', tenant.clock.nowMs);
    const signed = (head: object): string => {
      const input = `${part(head)}.${claims}`;
      return `${input}.${createSign('sha256')
        .update(input)
        .sign(privateKeyPem ?? '', 'base64url')}`;
    };
    await expectBadToken(await call(tenant, `Bearer ${part({ alg: 'none', typ: 'JWT', kid })}.${claims}.AA`), 'Invalid token');
    await expectBadToken(await call(tenant, `Bearer ${part({ alg: 'HS256', typ: 'JWT', kid })}.${claims}.AA`), 'Invalid token');
    await expectBadToken(await call(tenant, `Bearer ${signed({ alg: 'RS256', typ: 'JWT', kid: 'mine' })}`), 'Invalid token');
    await expectBadToken(await call(tenant, `Bearer ${signed({ alg: 'RS256', typ: 'JWT' })}`), 'Invalid token');
    await expectBadToken(
      await call(tenant, `Bearer ${signed({ alg: 'RS256', typ: 'JWT', kid })}`),
      'Invalid signature received for JSON Web Token validation',
    );
  });

  it('refuses a token that it issued under another domain', async () => {
    const first = await runningTenant({ domain: 'one.example' });
    const token = await first.token();
    await first.close();
    const second = await runningTenant({ path: first.path, domain: 'two.example' });
    await expectBadToken(await call(second, `Bearer ${token}`), 'Invalid token');
  });

  // Of the second one, a header can tell the ASCII alone.
  it.each([
    ['https://orders.example/', 'https://orders.example/'],
    ['https://api.é/日本', 'https://api. /  '],
  ])('refuses a token for another API, and names it: %s', async (audience, inHeader) => {
    const { prepare, credentials } = machine([]);
    const tenant = await runningTenant({
      prepare: async (store, seeded) => {
        await prepare(store, seeded);
        const other = newResourceServer(audience);
        await insert(store, {
          resourceServers: [other],
          clientGrants: [newClientGrant({ id: 'cgr_other', clientId: credentials.client_id, resourceServerId: other.id, scope: [] })],
        });
      },
    });
    const body = (await (await tenant.ask({ ...goodRequest(tenant), ...credentials, audience })).json()) as { access_token: string };
    const response = await call(tenant, `Bearer ${body.access_token}`);
    expect(response.headers.get('www-authenticate')).toBe(`Token error="Bad audience: ${inHeader}"`);
    const message = `Bad audience: ${audience}`;
    expect([response.status, await response.json()]).toEqual([
      401,
      { statusCode: 401, error: 'Unauthorized', message, attributes: { error: message } },
    ]);
  });

  it('takes no token that is signed with the secret of a client, as the first version of the API did for the global one', async () => {
    const tenant = await runningTenant();
    const { clientId, clientSecret } = tenant.application;
    const forged = (aud: string): string => {
      const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ aud, scope: 'read:clients', exp: tenant.clock.nowMs / 1000 + 60 })}`;
      return `Bearer ${input}.${createHmac('sha256', clientSecret).update(input).digest('base64url')}`;
    };
    await expectBadToken(await call(tenant, forged(clientId)), 'Client is not global.');
    await expectBadToken(await call(tenant, forged('nobody')), 'Invalid token');
  });

  it('says which scopes would do where the token has none of them', async () => {
    const { prepare, credentials } = machine(['read:users']);
    const tenant = await runningTenant({ prepare });
    const token = await tenant.token(credentials);
    const expected = [
      ['GET', '/clients', 'read:clients,read:client_keys,read:client_credentials,read:client_summary'],
      ['GET', '/clients/x', 'read:clients,read:client_keys,read:client_credentials,read:client_summary'],
      ['POST', '/clients', 'create:clients'],
      ['GET', '/client-grants', 'read:client_grants'],
      ['GET', '/resource-servers', 'read:resource_servers'],
      ['GET', '/resource-servers/x', 'read:resource_servers'],
    ] as const;
    for (const [method, path, scopes] of expected) {
      const response = await tenant.api(path, { method, token });
      expect(await response.json()).toEqual({
        statusCode: 403,
        error: 'Forbidden',
        message: `Insufficient scope, expected any of: ${scopes}`,
        errorCode: 'insufficient_scope',
      });
      expect(response.headers.get('x-ratelimit-limit')).toBe('50');
    }
  });

  it('answers a path that it does not have with 404 and says so', async () => {
    const tenant = await runningTenant();
    for (const [method, path, message] of [
      ['GET', '/users?page=1', "GET /api/v2/users is Auth0's, but this tenant does not have it"],
      ['DELETE', '/clients', 'this tenant does not serve DELETE /api/v2/clients'],
      ['DELETE', '/clients/', 'this tenant does not serve DELETE /api/v2/clients/'],
      ['GET', '/organizations//client-grants', 'this tenant does not serve GET /api/v2/organizations//client-grants'],
      ['GET', '/nothing', 'this tenant does not serve GET /api/v2/nothing'],
    ] as const) {
      const response = await tenant.api(path, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ statusCode: 404, error: 'Not Found', message: `Not Found: ${message}` });
    }
    const malformed = await tenant.api('/clients/%zz');
    expect(malformed.status).toBe(400);
    expect(malformed.headers.get('x-auth0-requestid')).toMatch(/^[0-9a-f]{20}$/);
  });
});
