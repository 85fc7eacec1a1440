import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { newApplication } from '../src/model/new-application.ts';
import { goodRequest, insert, machine, runningTenant } from './running-tenant.ts';
import { refusal } from './token-parties.ts';

const json = { 'content-type': 'application/json' };
const basic = (id: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

describe('POST /oauth/token', () => {
  it('answers a form with the token, its scope, lifetime and type, in this order', async () => {
    const tenant = await runningTenant();
    const response = await tenant.ask(goodRequest(tenant));
    const body = (await response.json()) as Record<string, unknown>;
    expect(response.status).toBe(200);
    expect(Object.keys(body)).toEqual(['access_token', 'scope', 'expires_in', 'token_type']);
    expect(body).toMatchObject({
      scope: 'read:clients create:clients read:client_grants read:resource_servers',
      expires_in: 86_400,
      token_type: 'Bearer',
    });
  });

  it('puts the claims of the Auth0 profile into the token, in their order', async () => {
    const tenant = await runningTenant();
    const token = await tenant.token();
    const { clientId, audience } = tenant.application;
    const iat = tenant.clock.nowMs / 1000;
    expect(JSON.stringify(decodeJwt(token))).toBe(
      JSON.stringify({
        iss: `https://${tenant.domain}/`,
        sub: `${clientId}@clients`,
        aud: audience,
        iat,
        exp: iat + 86_400,
        scope: 'read:clients create:clients read:client_grants read:resource_servers',
        gty: 'client-credentials',
        azp: clientId,
      }),
    );
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{21}$/) as string });
  });

  it('sends the headers of the real service with a token', async () => {
    const tenant = await runningTenant();
    const { headers } = await tenant.ask(goodRequest(tenant));
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      vary: 'Accept-Encoding, Origin',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-auth0-requestid': expect.stringMatching(/^[0-9a-f]{20}$/) as string,
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '99',
      'x-ratelimit-reset': String(tenant.clock.nowMs / 1000 + 1),
    });
  });

  it('sends the headers of the real service with an error', async () => {
    const tenant = await runningTenant();
    const { headers } = await tenant.ask({ ...goodRequest(tenant), client_secret: 'wrong' });
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('cache-control')).toBe('private, no-store, no-cache, must-revalidate, post-check=0, pre-check=0, no-transform');
    expect(headers.has('pragma')).toBe(false);
    expect(headers.get('x-ratelimit-remaining')).toBe('99');
    expect(headers.get('x-auth0-requestid')).toMatch(/^[0-9a-f]{20}$/);
  });

  it('takes a JSON body, also with a charset and a scope array', async () => {
    const tenant = await runningTenant();
    const body = JSON.stringify({ ...goodRequest(tenant), scope: ['create:clients', 'read:clients'] });
    const response = await tenant.ask(body, { 'content-type': 'application/json; charset=UTF-8' });
    expect(response.status).toBe(200);
    expect(((await response.json()) as { scope: string }).scope).toBe('read:clients create:clients');
  });

  it('takes the secret from Authorization: Basic, percent-encoded or plain', async () => {
    const secret = 'p&ss wörd:+%';
    const { prepare, credentials } = machine(['read:clients']);
    const tenant = await runningTenant({
      prepare: async (store, seeded) => {
        await prepare(store, seeded);
        await insert(store, { applications: [{ ...newApplication({ name: 'Odd', client_secret: secret }, 0), clientId: 'odd id' }] });
      },
    });
    const { grant_type, audience } = goodRequest(tenant) as { grant_type: string; audience: string };
    const plain = await tenant.ask({ grant_type, audience }, basic(credentials.client_id, credentials.client_secret));
    expect(plain.status).toBe(200);
    const encoded = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
    // Past authentication: this one has no grant.
    expect((await tenant.ask({ grant_type, audience }, basic(encoded('odd id'), encoded(secret)))).status).toBe(403);
    expect((await tenant.ask({ grant_type, audience }, basic('odd id', secret))).status).toBe(403);
    expect((await tenant.ask({ grant_type, audience, client_id: 'odd id' }, basic('odd+id', encoded(secret)))).status).toBe(403);
    // One half encoded is neither of the two.
    for (const wrong of [basic('odd+id', secret), basic('odd id', 'p&ss wörd: %'), basic('odd%2Bid', encoded(secret))])
      expect((await tenant.ask({ grant_type, audience }, wrong)).status).toBe(401);
    expect((await tenant.ask({ grant_type, audience, client_id: 'another' }, basic('odd+id', encoded(secret)))).status).toBe(400);
  });

  it('narrows the token to the scopes asked for', async () => {
    const tenant = await runningTenant();
    const token = await tenant.token({ scope: 'read:clients' });
    expect(decodeJwt(token)['scope']).toBe('read:clients');
  });

  it('leaves scope out of answer and token where the grant has none', async () => {
    const { prepare, credentials } = machine([]);
    const tenant = await runningTenant({ prepare });
    const body = (await (await tenant.ask({ ...goodRequest(tenant), ...credentials })).json()) as Record<string, string>;
    expect(Object.keys(body)).toEqual(['access_token', 'expires_in', 'token_type']);
    expect(decodeJwt(body['access_token']!)).not.toHaveProperty('scope');
  });

  it('gives the identical token to the same request of the same second, and another one in the next', async () => {
    const tenant = await runningTenant();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tenant.token()));
    expect(new Set(tokens).size).toBe(1);
    tenant.clock.nowMs += 1_000;
    expect(await tenant.token()).not.toBe(tokens[0]);
  });

  it('writes one token.issued line a token, with its fingerprint and never the token', async () => {
    const tenant = await runningTenant();
    const token = await tenant.token({ scope: 'read:clients' });
    await tenant.token();
    const issued = tenant.lines.filter(({ event }) => event === 'token.issued');
    expect(issued).toHaveLength(2);
    expect(issued[0]).toMatchObject({
      client_id: tenant.application.clientId,
      audience: tenant.application.audience,
      scope: 'read:clients',
      fingerprint: createHash('sha256').update(token).digest('hex').slice(0, 16),
      lifetime_s: 86_400,
    });
    expect(JSON.stringify(tenant.lines)).not.toContain(token.split('.')[2]);
  });

  it('writes a token.refused line without the secret', async () => {
    const tenant = await runningTenant();
    await tenant.ask({ ...goodRequest(tenant), client_secret: 'the-wrong-secret' });
    expect(tenant.lines).toMatchObject([
      { event: 'token.refused', client_id: tenant.application.clientId, error: 'access_denied', description: 'Unauthorized', status: 401 },
    ]);
    expect(JSON.stringify(tenant.lines)).not.toContain('the-wrong-secret');
  });
});

describe('POST /oauth/token refuses', () => {
  it('an unknown client and a wrong or missing secret with the same words', async () => {
    const tenant = await runningTenant();
    const good = goodRequest(tenant);
    const unauthorized = { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } };
    const { client_secret: _secret, ...withoutSecret } = good;
    const other = machine([]).credentials.client_id;
    for (const request of [
      { ...good, client_secret: 'x' },
      { ...good, client_id: other },
      { ...good, client_id: '__proto__' },
      withoutSecret,
    ]) {
      expect(await refusal(await tenant.ask(request as Record<string, string>))).toEqual(unauthorized);
    }
    const { grant_type, audience } = good as { grant_type: string; audience: string };
    for (const headers of [
      basic(good['client_id']!, 'x'),
      basic('nobody', 'x'),
      { authorization: 'Basic !' },
      { authorization: 'Basic' },
    ]) {
      expect(await refusal(await tenant.ask({ grant_type, audience }, headers))).toEqual(unauthorized);
    }
  });

  it('a client without the grant type', async () => {
    const tenant = await runningTenant();
    const created = (await (
      await tenant.api('/clients', { method: 'POST', body: JSON.stringify({ name: 'Web', grant_types: ['implicit'] }), headers: json })
    ).json()) as Record<string, string>;
    const { client_id, client_secret } = created as { client_id: string; client_secret: string };
    expect(await refusal(await tenant.ask({ ...goodRequest(tenant), client_id, client_secret }))).toEqual({
      status: 403,
      body: {
        error: 'unauthorized_client',
        error_description: "Grant type 'client_credentials' not allowed for the client.",
        error_uri: 'https://auth0.com/docs/clients/client-grant-types',
      },
    });
  });

  it('an audience that is not exactly that of an API', async () => {
    const tenant = await runningTenant();
    const audience = tenant.application.audience.slice(0, -1);
    expect(await refusal(await tenant.ask({ ...goodRequest(tenant), audience }))).toEqual({
      status: 403,
      body: { error: 'access_denied', error_description: `Service not enabled within domain: ${audience}` },
    });
  });

  it('a client without a client grant', async () => {
    const tenant = await runningTenant();
    const created = (await (
      await tenant.api('/clients', { method: 'POST', body: JSON.stringify({ name: 'No grant' }), headers: json })
    ).json()) as Record<string, string>;
    const { client_id, client_secret } = created as { client_id: string; client_secret: string };
    const { audience } = tenant.application;
    expect(await refusal(await tenant.ask({ ...goodRequest(tenant), client_id, client_secret }))).toEqual({
      status: 403,
      body: {
        error: 'access_denied',
        error_description: `Client "${client_id}" is not authorized to access resource server "${audience}". You need to create a "client-grant" associated to this API.`,
      },
    });
  });

  it('scopes that are not granted, all of them named', async () => {
    const tenant = await runningTenant();
    expect(await refusal(await tenant.ask({ ...goodRequest(tenant), scope: 'read:foo read:clients openid' }))).toEqual({
      status: 403,
      body: { error: 'access_denied', error_description: 'Client has not been granted scopes: read:foo, openid' },
    });
  });

  it('a request without audience, or with an empty one', async () => {
    const tenant = await runningTenant();
    const { audience: _audience, ...without } = goodRequest(tenant);
    for (const request of [without, { ...without, audience: '' }]) {
      expect(await refusal(await tenant.ask(request))).toEqual({
        status: 403,
        body: { error: 'access_denied', error_description: 'Non-global clients are not allowed access to APIv1' },
      });
    }
  });

  it('a scope of the wrong JSON type', async () => {
    const tenant = await runningTenant();
    for (const scope of [1, {}, true, ['read:clients', 2]]) {
      expect(await refusal(await tenant.ask(JSON.stringify({ ...goodRequest(tenant), scope }), json))).toEqual({
        status: 400,
        body: { error: 'invalid_scope', error_description: 'Scope must be an array or a string' },
      });
    }
  });

  it('a request without grant_type or client_id, and names what is missing', async () => {
    const tenant = await runningTenant();
    for (const name of ['grant_type', 'client_id']) {
      const { [name]: _left, ...request } = goodRequest(tenant);
      expect(await refusal(await tenant.ask(request as Record<string, string>))).toEqual({
        status: 400,
        body: { error: 'invalid_request', error_description: `Missing required parameter: ${name}` },
      });
    }
  });

  it('another grant type', async () => {
    const tenant = await runningTenant();
    expect(await refusal(await tenant.ask({ ...goodRequest(tenant), grant_type: 'password' }))).toEqual({
      status: 400,
      body: { error: 'unsupported_grant_type', error_description: 'Grant type not supported' },
    });
  });

  it('GET as if there were no such path, and other methods as not allowed', async () => {
    const tenant = await runningTenant();
    const url = `${tenant.url}/oauth/token`;
    expect(await refusal(await fetch(url))).toEqual({ status: 404, body: { error: 'not_found', error_description: 'Not Found' } });
    const put = await fetch(url, { method: 'PUT', body: 'x' });
    expect(put.headers.get('allow')).toBe('POST');
    expect(await refusal(put)).toMatchObject({ status: 405, body: { error: 'method_not_allowed' } });
  });

  it('any organization, as no grant allows one', async () => {
    const tenant = await runningTenant();
    expect(await refusal(await tenant.ask({ ...goodRequest(tenant), organization: 'org_1' }))).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: 'parameter organization is not allowed for this client' },
    });
  });

  it('two ways of authentication at once, and two client ids', async () => {
    const tenant = await runningTenant();
    const good = goodRequest(tenant);
    const header = basic(good['client_id']!, good['client_secret']!);
    expect(await refusal(await tenant.ask(good, header))).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const { client_secret: _secret, ...rest } = good;
    expect((await tenant.ask(rest as Record<string, string>, header)).status).toBe(200);
    expect(await refusal(await tenant.ask({ ...rest, client_id: 'another' }, header))).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });
});
