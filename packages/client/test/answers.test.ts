import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type ClientAuthenticationMethod, isTokenError, TokenError } from '@evertoken/client';
import { json, refuseWith, type Script } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage } from './stage.ts';

const SECRET = 'p4ss/w0rd+ä&=%';
const stage = aStage();

function keep(some: { clientAuthentication?: ClientAuthenticationMethod; audience?: string; clientSecret?: () => string } = {}) {
  return stage.keeper().keep({ tokenEndpoint: stage.endpoint.url, clientId: 'wörker', clientSecret: SECRET, ...some });
}

async function failureAt(script: Script): Promise<TokenError> {
  stage.endpoint.answer(script);
  const failure: unknown = await keep()
    .get()
    .catch((error: unknown) => error);
  if (!(failure instanceof TokenError)) throw new Error(`no TokenError but ${inspect(failure)}`);
  const shown = [failure.message, failure.stack, inspect(failure, { depth: 9, showHidden: true }), JSON.stringify(failure.details)].join(
    '\n',
  );
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain('leaked');
  return failure;
}

describe('the token request', () => {
  it('is a form with the secret in the body, as Auth0’s own libraries send it', async () => {
    await keep({ audience: 'https://api.example.com' }).get();
    const [request] = stage.endpoint.requests;
    expect(request?.method).toBe('POST');
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(request?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'wörker',
      client_secret: SECRET,
      audience: 'https://api.example.com',
    });
  });

  it('carries id and secret form-encoded in the header with client_secret_basic (RFC 6749 §2.3.1)', async () => {
    await keep({ clientAuthentication: 'client_secret_basic' }).get();
    const [request] = stage.endpoint.requests;
    const [id, secret] = Buffer.from(String(request?.headers.authorization).replace('Basic ', ''), 'base64').toString().split(':');
    expect([id, secret].map((part) => decodeURIComponent(String(part).replaceAll('+', ' ')))).toEqual(['wörker', SECRET]);
    expect(request?.form.has('client_secret')).toBe(false);
  });

  it('keeps to itself what the source of the secret says', async () => {
    const kept = keep({
      clientSecret: () => {
        throw new Error(`cannot parse ${SECRET}`);
      },
    });
    const failure: unknown = await kept.get().catch((error: unknown) => error);
    expect(isTokenError(failure) && failure.code).toBe('secret_unavailable');
    expect(inspect(failure, { depth: 9 })).not.toContain(SECRET);
    expect(stage.endpoint.requests).toHaveLength(0);
  });
});

const text = (status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}): Script => {
  return (_request, response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body) && undefined;
};
const cutBody: Script = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' });
  response.write('{"access_token":"leaked"', () => response.destroy());
};
const token = { access_token: 'leaked', token_type: 'Bearer', expires_in: 60 };

describe('what an issuer can answer', () => {
  it.each<[string, Script, Partial<TokenError>]>([
    ['an empty body', text(200, 'application/json', ''), { code: 'invalid_response', retryable: true }],
    ['an HTML page', text(200, 'text/html', '<html>leaked'), { code: 'invalid_response', retryable: true }],
    ['a token under the wrong content type', text(200, 'text/html', JSON.stringify(token)), { code: 'invalid_response' }],
    ['no content', (_request, response) => response.writeHead(204).end() && undefined, { code: 'unexpected_status', retryable: true }],
    ['a list', text(200, 'application/json', '["leaked"]'), { code: 'invalid_response' }],
    ['null', text(200, 'application/json', 'null'), { code: 'invalid_response' }],
    [
      'an object without a token',
      (_request, response) => json(response, 200, { ...token, access_token: undefined }),
      { code: 'invalid_response' },
    ],
    [
      'a token that is no string',
      (_request, response) => json(response, 200, { ...token, access_token: ['leaked'] }),
      { code: 'invalid_response' },
    ],
    [
      'a token with a line break',
      (_request, response) => json(response, 200, { ...token, access_token: 'leaked\r\nx' }),
      { code: 'invalid_response' },
    ],
    ['an empty token', (_request, response) => json(response, 200, { ...token, access_token: '' }), { code: 'invalid_response' }],
    ['no token type', (_request, response) => json(response, 200, { ...token, token_type: undefined }), { code: 'invalid_response' }],
    ['a MAC token', (_request, response) => json(response, 200, { ...token, token_type: 'mac' }), { code: 'invalid_response' }],
    ['a scope that is no string', (_request, response) => json(response, 200, { ...token, scope: 5 }), { code: 'invalid_response' }],
    [
      'a lifetime of 0',
      (_request, response) => json(response, 200, { ...token, expires_in: 0 }),
      { code: 'invalid_lifetime', retryable: true },
    ],
    ['a negative lifetime', (_request, response) => json(response, 200, { ...token, expires_in: -5 }), { code: 'invalid_lifetime' }],
    ['a lifetime in words', (_request, response) => json(response, 200, { ...token, expires_in: 'soon' }), { code: 'invalid_lifetime' }],
    ['ten megabytes', text(200, 'application/json', `"${'leaked'.repeat(1_700_000)}"`), { code: 'invalid_response' }],
    [
      'a small body that unpacks to fifty megabytes',
      text(200, 'application/json', gzipSync(Buffer.alloc(50_000_000, 32)), { 'content-encoding': 'gzip' }),
      { code: 'invalid_response' },
    ],
    ['a body cut in the middle', cutBody, { code: 'network_error', retryable: true }],
    ...[301, 302, 303, 307, 308].map((status): [string, Script, Partial<TokenError>] => [
      `a redirect with ${status}`,
      (_request, response) => response.writeHead(status, { location: '/elsewhere' }).end() && undefined,
      { code: 'redirect_refused', retryable: status !== 301 && status !== 308 },
    ]),
    [
      '401 access_denied, Auth0’s wrong secret',
      refuseWith(401, 'access_denied', 'Unauthorized'),
      { code: 'access_denied', retryable: false },
    ],
    ['401 invalid_client', refuseWith(401, 'invalid_client', `no such secret ${SECRET}`), { code: 'invalid_client', retryable: false }],
    ['401 with a page', text(401, 'text/html', '<html>leaked'), { code: 'invalid_client', retryable: false }],
    ['403 access_denied, no grant', refuseWith(403, 'access_denied', 'no client-grant'), { code: 'access_denied', retryable: false }],
    ['403 unauthorized_client', refuseWith(403, 'unauthorized_client', 'no'), { code: 'unauthorized_client', retryable: false }],
    ['400 invalid_scope', refuseWith(400, 'invalid_scope', 'no'), { code: 'invalid_scope', retryable: false }],
    ['501 unsupported_grant_type', refuseWith(501, 'unsupported_grant_type', 'no'), { code: 'unsupported_grant_type', retryable: false }],
    ['403 with a page', text(403, 'text/html', '<html>leaked'), { code: 'unexpected_status', retryable: true }],
    ['404 with a page', text(404, 'text/html', 'nothing here'), { code: 'unexpected_status', retryable: true }],
    ['404 with an error', refuseWith(404, 'endpoint_disabled', 'no'), { code: 'unexpected_status', retryable: false }],
    ['405 with a page', text(405, 'text/html', '<html>'), { code: 'unexpected_status', retryable: true }],
    ['400 with a page', text(400, 'text/html', '<html>leaked'), { code: 'unexpected_status', retryable: false }],
    ['408', text(408, 'text/plain', ''), { code: 'unexpected_status', retryable: true }],
    ['429', text(429, 'text/plain', ''), { code: 'too_many_requests', retryable: true }],
    ['429 with an unknown error', refuseWith(429, 'quota', 'no'), { code: 'too_many_requests', retryable: true }],
    ['500 with a page', text(500, 'text/html', '<html>'), { code: 'server_error', retryable: true }],
    ['503', text(503, 'text/plain', ''), { code: 'temporarily_unavailable', retryable: true }],
    ['a connection that breaks', (_request, response) => void response.destroy(), { code: 'network_error', retryable: true }],
  ])('%s: a typed failure that shows neither body nor secret', async (_what, script, expected) => {
    expect(await failureAt(script)).toMatchObject(expected);
  });

  it('a token whose scope and lifetime are null is one of which neither is known', async () => {
    stage.endpoint.answer((_request, response) => json(response, 200, { ...token, scope: null, expires_in: null }));
    expect(await keep().get()).toMatchObject({ scope: undefined, lifetimeMs: 300_000 });
  });

  it('a description with control characters reaches nobody’s terminal', async () => {
    const failure = await failureAt(refuseWith(400, 'invalid_request', 'bad\u001b[31m\r\nred'));
    expect(failure.details.oauthErrorDescription).toBe('bad [31m  red');
    expect(failure.message).toContain('400 invalid_request: bad [31m  red');
  });

  it('is a failure of the network when nobody listens', async () => {
    await stage.endpoint.close();
    const failure = await keep()
      .get()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'network_error', retryable: true, details: { systemCode: 'ECONNREFUSED' } });
  });
});

describe('wrong options', () => {
  const right = { tokenEndpoint: 'https://login.example.com/token', clientId: 'a', clientSecret: 'b' };
  const ofClient = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];
  const optionsOrOurs = ['grant_type', ...ofClient, 'audience', 'resource', 'organization'];
  it.each<[string, Record<string, unknown>]>([
    ['exactly one of `domain`', { ...right, domain: 'acme.eu.auth0.com' }],
    ['exactly one of `domain`', { clientId: 'a', clientSecret: 'b' }],
    ['`domain`', { clientId: 'a', clientSecret: 'b', domain: 'https://acme.eu.auth0.com/' }],
    ['`domain`', { clientId: 'a', clientSecret: 'b', domain: 'acme.eu.auth0.com/x' }],
    ['`tokenEndpoint`', { ...right, tokenEndpoint: '/token' }],
    ['`tokenEndpoint`', { ...right, tokenEndpoint: 'http://login.example.com/token' }],
    ['`tokenEndpoint`', { ...right, tokenEndpoint: 'https://user:pass@login.example.com/token' }],
    ['`clientId`', { ...right, clientId: '' }],
    ['`clientSecret`', { ...right, clientSecret: undefined }],
    ['`clientSecret`', { ...right, clientSecret: '' }],
    ['`clientAuthentication`', { ...right, clientAuthentication: 'none' }],
    ['`audience`', { ...right, audience: '' }],
    ['`organization`', { ...right, organization: 7 }],
    ['`scope`', { ...right, scope: ['read clients'] }],
    ['`scope`', { ...right, scope: 5 }],
    ['`parameters.scope`', { ...right, parameters: { scope: 'a' } }],
    ['`parameters.tenant`', { ...right, parameters: { tenant: 5 } }],
    ...optionsOrOurs.map((name): [string, Record<string, unknown>] => [
      `\`parameters.${name}\``,
      { ...right, parameters: { [name]: 'a' } },
    ]),
  ])('%s is named at once, case %#', (name, request) => {
    expect(() => stage.keeper().keep(request as never)).toThrow(TypeError);
    expect(() => stage.keeper().keep(request as never)).toThrow(name);
  });

  it('Auth0’s domain stands for its token endpoint and the Management API', () => {
    const kept = stage
      .keeper()
      .keep({ domain: 'acme.eu.auth0.com', clientId: 'a', clientSecret: () => Promise.reject(new Error('not now')) });
    expect(kept.status().request).toMatchObject({
      tokenEndpoint: 'https://acme.eu.auth0.com/oauth/token',
      audience: 'https://acme.eu.auth0.com/api/v2/',
    });
  });
});
