import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SetTimer } from '../src/clock.ts';
import { accessTokenClaims } from '../src/issue/access-token-claims.ts';
import { newSigningKey } from '../src/issue/new-signing-key.ts';
import { newTokenId } from '../src/issue/token-id.ts';
import { TokenIndex } from '../src/issue/token-index.ts';
import { TokenSigner } from '../src/issue/token-signer.ts';
import { newClientGrant } from '../src/model/client-grant.ts';
import type { Credential } from '../src/model/credential.ts';
import { newApplication } from '../src/model/new-application.ts';
import { newManagementApi } from '../src/model/resource-server.ts';
import { openTokenService } from '../src/oauth/open-token-service.ts';
import type { TenantRecords, TenantStore } from '../src/store/tenant-store.ts';
import { createWebApp } from '../src/web-app.ts';
import { recordingLog } from './running-tenant.ts';

const fails = (): Promise<never> => Promise.reject(new Error('the disk is gone'));
const brokenStore: TenantStore = {
  isShared: false,
  write: fails,
  onChange: () => undefined,
  catchUp: fails,
  issuing: fails,
  setting: fails,
  application: fails,
  applications: fails,
  credential: fails,
  credentials: fails,
  resourceServer: fails,
  resourceServers: fails,
  clientGrant: fails,
  clientGrants: fails,
  organization: fails,
  organizationNamed: fails,
  organizations: fails,
  signingKeys: fails,
  claimAssertion: fails,
  pruneAssertions: fails,
  addUsage: fails,
  // Read at the start, before the disk is gone.
  usageSince: () => Promise.resolve([]),
  pruneUsage: fails,
  appendLogs: fails,
  isLogKept: fails,
  logs: fails,
  log: fails,
  pruneLogs: fails,
  check: fails,
  close: () => Promise.resolve(),
};
const domain = 'a.example';
const nowMs = 1_790_000_000_000;

function put(index: TokenIndex, written: TenantRecords): void {
  index.apply({ written, removed: {} });
}

async function serve(
  index: TokenIndex,
  parts: { signer?: TokenSigner; store?: TenantStore } = {},
): Promise<{ url: string; lines: ReturnType<typeof recordingLog>['lines'] }> {
  const { log, lines } = recordingLog();
  const setTimer: SetTimer = () => ({ cancel: () => undefined });
  const service = await openTokenService({
    domain,
    issuer: `https://${domain}/`,
    index,
    store: brokenStore,
    rateLimitPlan: 'off',
    journal: { write: () => undefined },
    log,
    now: () => nowMs,
    setTimer,
  });
  const app = createWebApp({ ...service, ...parts, setTimer });
  const server = createServer(app.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await app.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines };
}

describe('a failure of the tenant itself', () => {
  it('takes it out of the balance, and is no reason to start it anew', async () => {
    const { url } = await serve(new TokenIndex(domain));
    const answers = await Promise.all(['/healthz', '/readyz', '/readyz?deep=1'].map((path) => fetch(`${url}${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 503]);
    expect(await answers[1]?.json()).toEqual({ ready: false, why: 'The database cannot be reached; the log tells more.' });
  });

  it('on the Management API is a 500 whose errorId stands in the log, and says nothing of the cause', async () => {
    const index = new TokenIndex(domain);
    put(index, { signingKeys: [await newSigningKey('current', 'localhost', nowMs)] });
    const { url, lines } = await serve(index);
    const audience = `https://${domain}/api/v2/`;
    const claims = accessTokenClaims({
      issuer: `https://${domain}/`,
      clientId: 'c',
      audience,
      dialect: 'access_token',
      scope: ['read:clients'],
      hasBareSubject: false,
      lifetimeSeconds: 60,
      nowMs,
      newTokenId,
    });
    const token = await new TokenSigner().sign({ typ: 'JWT', claims }, { alg: 'RS256', ...index.currentKey() });
    const response = await fetch(`${url}/api/v2/clients`, { headers: { authorization: `Bearer ${token}` } });
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toEqual({
      statusCode: 500,
      error: 'Internal Server Error',
      message: `The tenant failed; its log tells why under error_id ${String(body['errorId'])}.`,
      errorId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
    expect(lines).toMatchObject([
      {
        event: 'request.failed',
        error_id: body['errorId'],
        request_id: response.headers.get('x-auth0-requestid'),
        method: 'GET',
        path: '/api/v2/clients',
        err: { message: 'the disk is gone' },
        msg: 'a request failed',
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain(token);
  });

  it('before there are any routes is the same 500, with the headers of every answer', async () => {
    const store: TenantStore = {
      ...brokenStore,
      onChange: () => {
        throw new Error('no routes today');
      },
    };
    const { url, lines } = await serve(new TokenIndex(domain), { store });
    const response = await fetch(`${url}/api/v2/clients?q=secret`);
    const body = (await response.json()) as Record<string, unknown>;
    expect([response.status, body]).toMatchObject([500, { statusCode: 500, errorId: expect.stringMatching(/^[0-9a-f]{16}$/) as string }]);
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(lines).toMatchObject([
      { error_id: body['errorId'], request_id: response.headers.get('x-auth0-requestid'), method: 'GET', path: '/api/v2/clients' },
    ]);
  });

  it('on the token endpoint is an OAuth server_error whose error_id stands in the log', async () => {
    const index = new TokenIndex(domain);
    const [application, api] = [newApplication({ name: 'Worker' }, nowMs), newManagementApi()];
    const { clientId, clientSecret } = application;
    const clientGrant = newClientGrant({ id: 'cgr_1', clientId, resourceServerId: api.id, scope: [] });
    // Everything but a key to sign with.
    put(index, { applications: [application], resourceServers: [api], clientGrants: [clientGrant] });
    const { url, lines } = await serve(index);
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience: `https://${domain}/api/v2/`,
    });
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body });
    expect(response.status).toBe(500);
    const answer = (await response.json()) as Record<string, unknown>;
    expect(answer).toMatchObject({ error: 'server_error', error_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(lines).toMatchObject([
      {
        event: 'request.failed',
        error_id: answer['error_id'],
        request_id: response.headers.get('x-auth0-requestid'),
        method: 'POST',
        path: '/oauth/token',
        err: { message: expect.stringMatching(/no current signing key/) as string },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain(clientSecret);
  });

  it('is no failure where more tokens are asked for than can be signed, or no store can tell whether an assertion is new: 503, and when to come again', async () => {
    const index = new TokenIndex(domain);
    const [secretive, asserting, api] = [
      // One token an hour: what is not signed is not counted.
      newApplication({ name: 'Worker', token_quota: { client_credentials: { per_hour: 1 } } }, nowMs),
      newApplication({ name: 'Worker', client_authentication_methods: { private_key_jwt: { credentials: [{ id: 'cred_1' }] } } }, nowMs),
      newManagementApi(),
    ];
    const audience = `https://${domain}/api/v2/`;
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const credential: Credential = {
      id: 'cred_1',
      clientId: asserting.clientId,
      name: undefined,
      credentialType: 'public_key',
      kid: 'a-key-of-it',
      alg: 'RS256',
      publicKeyPem,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      expiresAtMs: undefined,
    };
    put(index, {
      signingKeys: [await newSigningKey('current', 'localhost', nowMs)],
      applications: [secretive, asserting],
      credentials: [credential],
      resourceServers: [api],
      clientGrants: [newClientGrant({ id: 'cgr_1', clientId: secretive.clientId, resourceServerId: api.id, scope: [] })],
    });
    const { url } = await serve(index, { signer: new TokenSigner({ maxInFlight: 0 }) });
    const claims = { iss: asserting.clientId, sub: asserting.clientId, aud: `https://${domain}/`, jti: 'one', exp: nowMs / 1000 + 60 };
    const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const ownSecret = { client_id: secretive.clientId, client_secret: secretive.clientSecret };
    for (const proof of [ownSecret, ownSecret, { client_assertion_type, client_assertion }]) {
      const body = new URLSearchParams({ grant_type: 'client_credentials', audience, ...(proof as Record<string, string>) });
      const response = await fetch(`${url}/oauth/token`, { method: 'POST', body });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
    }
  });
});
