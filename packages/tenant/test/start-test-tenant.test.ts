import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { get as getHttp, request } from 'node:http';
import { get as getHttps } from 'node:https';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { bundleProgram } from '@evertoken/testkit';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { startTestTenant, type TestTenant, type TestTenantOptions } from '../src/testing/index.ts';

const api = 'https://api.example/';
const worker = { name: 'worker', grants: { [api]: ['read:things', 'write:things'] } };

async function aTenant(options: TestTenantOptions = { applications: [worker] }): Promise<TestTenant> {
  const tenant = await startTestTenant(options);
  onTestFinished(() => tenant.close());
  return tenant;
}

/** Sends a token request of the worker, over plain http. */
function ask(tenant: TestTenant): Promise<Response> {
  const { clientId: client_id, clientSecret: client_secret } = tenant.credentials('worker');
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, audience: api });
  return fetch(`${tenant.url}/oauth/token`, { method: 'POST', body });
}

/** The keys, once the next one is there, which a new tenant makes when it stands. */
async function bothKeysOf(tenant: TestTenant): Promise<JSONWebKeySet> {
  await expect.poll(async () => (await keysOf(tenant)).keys.length).toBe(2);
  return await keysOf(tenant);
}

async function keysOf(tenant: TestTenant): Promise<JSONWebKeySet> {
  const answer = await new Promise<string>((resolve, reject) => {
    const get = tenant.url.startsWith('https:') ? getHttps : getHttp;
    get(`${tenant.url}/.well-known/jwks.json`, { ca: tenant.ca, agent: false }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
  return JSON.parse(answer) as JSONWebKeySet;
}

it('gives tokens to the applications of a test, over https with a CA of its own, and leaves nothing behind', async () => {
  const tenant = await startTestTenant({ applications: [worker] });
  expect([tenant.url, tenant.issuer]).toEqual([`https://${tenant.domain}`, `https://${tenant.domain}/`]);
  const token = await tenant.token({ application: 'worker', audience: api, scope: 'read:things' });
  const { payload } = await jwtVerify(token, createLocalJWKSet(await keysOf(tenant)), { issuer: tenant.issuer, audience: api });
  expect(payload).toMatchObject({ scope: 'read:things', azp: tenant.credentials('worker').clientId });
  expect(tenant.tokenRequests).toMatchObject([{ status: 200, audience: api, scope: 'read:things', client_id: payload['azp'] }]);
  await tenant.close();
  await tenant.close();
  await expect(access(dirname(tenant.caPath))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('knows clients by ids and secrets that a test chooses, and tells SDKs of them', async () => {
  const chosen = {
    name: 'worker',
    clientId: 'worker-of-the-test',
    clientSecret: 'not-very-secret',
    grants: { [api]: [], management: ['read:clients'] },
  };
  const tenant = await aTenant({ applications: [chosen] });
  expect(tenant.credentials('worker')).toEqual({ clientId: 'worker-of-the-test', clientSecret: 'not-very-secret' });
  expect(tenant.env('worker', api)).toEqual({
    AUTH0_DOMAIN: tenant.domain,
    AUTH0_CLIENT_ID: 'worker-of-the-test',
    AUTH0_CLIENT_SECRET: 'not-very-secret',
    AUTH0_AUDIENCE: api,
    NODE_EXTRA_CA_CERTS: tenant.caPath,
  });
  expect(tenant.env()['AUTH0_AUDIENCE']).toBe(`https://${tenant.domain}/api/v2/`);
  const token = await tenant.token({ application: 'worker', audience: tenant.managementAudience });
  expect(decodeJwt(token)).toMatchObject({ scope: 'read:clients' });
  expect(() => tenant.credentials('nobody')).toThrow(/no application "nobody"; it has .*"worker"/);
  await expect(tenant.token({ application: 'worker', audience: 'urn:none' })).rejects.toThrow(/403 .*Service not enabled/);
});

it('has APIs with the lifetimes, algorithms and dialects of a test', async () => {
  const apis = [{ identifier: api, scopes: ['read:things'], tokenLifetime: 60, signingAlg: 'PS256', dialect: 'rfc9068_profile' } as const];
  const tenant = await aTenant({ apis, applications: [{ name: 'worker', grants: { [api]: ['read:things'] } }] });
  const token = await tenant.token({ application: 'worker', audience: api });
  const { iat, exp } = decodeJwt(token);
  expect([decodeProtectedHeader(token), exp! - iat!]).toEqual([expect.objectContaining({ alg: 'PS256', typ: 'at+jwt' }), 60]);
});

it('fails, limits and delays what comes next, and heals', async () => {
  const tenant = await aTenant({ applications: [worker], tls: false });
  tenant.failNext(2);
  expect([(await ask(tenant)).status, (await ask(tenant)).status, (await ask(tenant)).status]).toEqual([503, 503, 200]);
  tenant.failNext(1, { kind: 'error', status: 401 });
  expect(await (await ask(tenant)).json()).toEqual({ error: 'access_denied', error_description: 'Unauthorized' });
  tenant.rateLimit({ retryAfterSeconds: 3 });
  const limited = await ask(tenant);
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
  tenant.heal();
  expect((await ask(tenant)).status).toBe(200);
  tenant.delay(1, { times: 1 });
  expect((await ask(tenant)).status).toBe(200);
  expect(tenant.tokenRequests.map(({ status, fault }) => fault ?? status)).toEqual([
    'error',
    'error',
    200,
    'error',
    'rate_limit',
    200,
    200,
  ]);
});

it('shifts the clock of the tenant, not that of the test', async () => {
  let nowMs = 1_790_000_000_000;
  const tenant = await aTenant({ applications: [worker], now: () => nowMs });
  const iat = async (): Promise<number | undefined> => decodeJwt(await tenant.token({ application: 'worker', audience: api })).iat;
  expect(await iat()).toBe(1_790_000_000);
  tenant.shiftClock(86_400_000);
  tenant.shiftClock(1_000);
  expect(await iat()).toBe(1_790_086_401);
  nowMs += 5_000;
  tenant.shiftClock(-86_401_000);
  expect(await iat()).toBe(1_790_000_005);
});

it('rotates the key live: tokens of before and after verify, and nobody is told', async () => {
  const tenant = await aTenant();
  const kid = async (): Promise<string | undefined> =>
    decodeProtectedHeader(await tenant.token({ application: 'worker', audience: api })).kid;
  const before = await tenant.token({ application: 'worker', audience: api });
  const keys = createLocalJWKSet(await bothKeysOf(tenant));
  const rotated = await tenant.rotateSigningKey();
  expect([await kid(), rotated]).not.toContain(decodeProtectedHeader(before).kid);
  expect(await kid()).toBe(rotated);
  // Published ahead of its use: a verifier that fetched the keys before goes on.
  await jwtVerify(await tenant.token({ application: 'worker', audience: api }), keys);
  await jwtVerify(before, createLocalJWKSet(await keysOf(tenant)));
});

it('goes back to how it started: records, keys, clock, faults, requests', async () => {
  const tenant = await aTenant({
    applications: [{ ...worker, grants: { ...worker.grants, management: ['create:clients', 'delete:clients', 'read:clients'] } }],
    tls: false,
  });
  const { clientId, clientSecret } = tenant.credentials('worker');
  const keys = await bothKeysOf(tenant);
  const authorization = `Bearer ${await tenant.token({ application: 'worker', audience: tenant.managementAudience })}`;
  const list = async (): Promise<unknown> => await (await fetch(`${tenant.url}/api/v2/clients`, { headers: { authorization } })).json();
  const before = await list();
  const headers = { authorization, 'content-type': 'application/json' };
  expect((await fetch(`${tenant.url}/api/v2/clients`, { method: 'POST', headers, body: '{"name":"New"}' })).status).toBe(201);
  expect((await fetch(`${tenant.url}/api/v2/clients/${clientId}`, { method: 'DELETE', headers })).status).toBe(204);
  await tenant.rotateSigningKey();
  tenant.shiftClock(5_000);
  tenant.failNext(5);
  expect(await list()).not.toEqual(before);
  await tenant.reset();
  expect([tenant.requests, tenant.controls.faults, tenant.controls.clockShiftMs]).toEqual([[], [], 0]);
  expect(new Set((await list()) as unknown[])).toEqual(new Set(before as unknown[]));
  expect(await keysOf(tenant)).toEqual(keys);
  expect(tenant.credentials('worker')).toEqual({ clientId, clientSecret });
  expect((await ask(tenant)).status).toBe(200);
});

it('goes back to how it started also where names have gone from one record to another', async () => {
  const tenant = await aTenant({
    applications: [{ ...worker, grants: { management: ['read:organizations', 'update:organizations'] } }],
    document: { organizations: [{ name: 'ax' }, { name: 'bx' }] },
    tls: false,
  });
  const headers = {
    authorization: `Bearer ${await tenant.token({ application: 'worker', audience: tenant.managementAudience })}`,
    'content-type': 'application/json',
  };
  const list = async () =>
    (await (await fetch(`${tenant.url}/api/v2/organizations`, { headers })).json()) as { id: string; name: string }[];
  const before = await list();
  const idOf = (name: string): string => before.find((organization) => organization.name === name)?.id ?? '';
  const rename = async (id: string, name: string): Promise<void> => {
    const changed = await fetch(`${tenant.url}/api/v2/organizations/${id}`, { method: 'PATCH', headers, body: JSON.stringify({ name }) });
    expect(changed.status).toBe(200);
  };
  for (let turn = 0; turn < 2; turn += 1) {
    await rename(idOf('ax'), 'cx');
    await rename(idOf('bx'), 'ax');
    await rename(idOf('ax'), 'bx');
    await tenant.reset();
    expect(await list()).toEqual(before);
  }
});

it('takes organizations and settings in the deploy tool’s words', async () => {
  const tenant = await aTenant({
    applications: [worker],
    document: {
      clientGrants: [{ client_id: 'worker', audience: api, organization_usage: 'allow' }],
      organizations: [{ name: 'acme', client_grants: [{ client_id: 'worker' }] }],
      tenant: { default_audience: api, allow_organization_name_in_authentication_api: true },
    },
  });
  const token = await tenant.token({ application: 'worker', audience: api, organization: 'acme' });
  expect(decodeJwt(token)).toMatchObject({ org_name: 'acme' });
});

it('says what is wrong with applications that the tenant does not take, and leaves nothing behind', async () => {
  await expect(startTestTenant({ applications: [{ name: '<worker>' }] })).rejects.toMatchObject({
    code: 'document_invalid',
    place: 'client "<worker>", name',
  });
});

it('hands out its log, without secrets', async () => {
  const lines: string[] = [];
  const tenant = await aTenant({ applications: [worker], onLogLine: (line) => lines.push(line) });
  const token = await tenant.token({ application: 'worker', audience: api });
  expect(lines.map((line) => (JSON.parse(line) as { event?: string }).event)).toContain('token.issued');
  expect(lines.join('\n')).not.toContain(token);
  expect(lines.join('\n')).not.toContain(tenant.credentials('worker').clientSecret);
});

it('refuses a fault that cannot be, names what is wrong with it, and goes on', async () => {
  const tenant = await aTenant({ tls: false, applications: [worker] });
  const loose = tenant as unknown as Record<'failNext' | 'rateLimit' | 'delay', (...args: unknown[]) => void>;
  for (const count of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => tenant.failNext(count), `${count}`).toThrow(RangeError);
  const wrong: [() => void, typeof RangeError | typeof TypeError, RegExp][] = [
    [() => loose.failNext(), RangeError, /^count: /],
    [() => loose.failNext('2'), TypeError, /^count: /],
    [() => tenant.failNext(1, 99), RangeError, /^how: /],
    [() => loose.failNext(1, '503'), TypeError, /^how: /],
    [() => loose.failNext(1, { kind: 'explode' }), RangeError, /^answer.kind: /],
    [() => tenant.failNext(1, 503, { path: 'oauth/token' }), RangeError, /^path: /],
    [() => loose.failNext(1, 503, { pfad: '/' }), TypeError, /pfad/],
    [() => tenant.rateLimit({ times: 0 }), RangeError, /^times: /],
    [() => tenant.rateLimit({ retryAfterSeconds: -1 }), RangeError, /^retryAfterSeconds: /],
    [() => loose.delay('1000'), TypeError, /^ms: /],
    [() => tenant.delay(-1), RangeError, /^ms: /],
    [() => tenant.controls.addFault({ share: 2, latency_ms: 1 }), RangeError, /^share: /],
    [() => tenant.controls.addFault({}), RangeError, /needs latency_ms, an answer, or both/],
  ];
  for (const [act, type, message] of wrong) {
    expect(act, String(act)).toThrow(type);
    expect(act, String(act)).toThrow(message);
  }
  expect(tenant.controls.faults).toEqual([]);
  expect((await ask(tenant)).status).toBe(200);
});

it('answers what is delayed at once when it heals, and waits for nobody when it is closed', async () => {
  const tenant = await aTenant({ tls: false, applications: [worker] });
  tenant.delay(600_000);
  const delayed = ask(tenant);
  await expect.poll(() => tenant.controls.faults[0]?.hits).toBe(1);
  tenant.heal();
  expect((await delayed).status).toBe(200);

  tenant.delay(600_000);
  const late = ask(tenant).then(
    ({ status }) => status,
    () => 'cut',
  );
  await expect.poll(() => tenant.controls.faults[0]?.hits).toBe(1);
  // One whose body never comes whole.
  const half = request(`${tenant.url}/oauth/token`, { method: 'POST', headers: { 'content-length': 100 } });
  const isCut = once(half, 'error');
  half.write('grant_type=');
  await once(half, 'socket');
  await tenant.close();
  expect(['cut', 200]).toContain(await late);
  await isCut;
});

it('is named by http where it speaks http, in tokens and metadata alike', async () => {
  const tenant = await aTenant({ tls: false, applications: [{ ...worker, grants: { ...worker.grants, management: ['read:clients'] } }] });
  expect(tenant.issuer).toBe(`${tenant.url}/`);
  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    expect(await (await fetch(`${tenant.url}/.well-known/${name}`)).json()).toMatchObject({
      issuer: tenant.issuer,
      token_endpoint: `${tenant.url}/oauth/token`,
      jwks_uri: `${tenant.url}/.well-known/jwks.json`,
    });
  }
  expect(decodeJwt(await tenant.token({ application: 'worker', audience: api })).iss).toBe(tenant.issuer);
  const token = await tenant.token({ application: 'worker', audience: tenant.managementAudience });
  expect((await fetch(`${tenant.url}/api/v2/clients`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
});

it('starts in a thread too, as runners have them', { timeout: 60_000 }, async () => {
  const thread = new Worker(await bundleProgram(new URL('programs/threaded.ts', import.meta.url)));
  const [status] = (await once(thread, 'message')) as [number];
  expect(status).toBe(200);
  await once(thread, 'exit');
});
