import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askControlSocket, openStateFolder, ServiceError } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DashboardToken } from '../src/dashboard/contract.ts';
import { originOf } from '../src/dashboard/dashboard.ts';
import { openNodeSocket } from '../src/dashboard/link-socket.ts';
import { type RunningTenant, runningTenant } from './running-tenant.ts';

const askForLink = { method: 'POST', path: '/dashboard/link' } as const;

async function builtPages(): Promise<{ folder: string; command: string }> {
  const folder = await freshFolder();
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Dashboard</title>');
  return { folder, command: 'evertoken tenant open --home x' };
}

async function linkOf({ path }: RunningTenant): Promise<string> {
  const answer = await askControlSocket(join(path, 'tenant'), askForLink);
  return (answer as { body: { url: string } }).body.url;
}

/** A tenant with the dashboard, and a session that its link began. */
async function signedIn(options: Parameters<typeof runningTenant>[0] = {}) {
  const tenant = await runningTenant({ pages: await builtPages(), ...options });
  const opened = await fetch(await linkOf(tenant), { redirect: 'manual' });
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const own = { cookie, origin: tenant.url, 'sec-fetch-site': 'same-origin' };
  const askForToken = (headers: Record<string, string> = own): Promise<Response> =>
    fetch(`${tenant.url}/dashboard/session/token`, { method: 'POST', headers });
  const token = async (): Promise<DashboardToken> => (await (await askForToken()).json()) as DashboardToken;
  return { tenant, opened, own, askForToken, token };
}

describe('the dashboard of a tenant', () => {
  it('is opened by the link that its owner asks for at the control socket', async () => {
    const { tenant, opened } = await signedIn();
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/dashboard/']);
    const page = await fetch(`${tenant.url}/dashboard/`);
    expect(await page.text()).toContain('<title>Dashboard</title>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(tenant.lines).toContainEqual(expect.objectContaining({ event: 'dashboard.link_made' }));
    expect(JSON.stringify(tenant.lines)).not.toContain('/open/');
  });

  it('gives the page a short token with which the Management API does everything', async () => {
    const { tenant, token } = await signedIn();
    const { access_token: bearer, expires_in: seconds, domain, audience } = await token();
    expect([seconds, domain, audience]).toEqual([300, tenant.domain, tenant.application.audience]);
    expect(decodeProtectedHeader(bearer)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(decodeJwt(bearer)).toMatchObject({ iss: `https://${tenant.domain}/`, azp: 'dashboard', gty: 'client-credentials' });
    const { clientId, clientSecret } = tenant.application;
    expect(await (await tenant.api(`/clients/${clientId}`, { token: bearer })).json()).toMatchObject({ client_secret: clientSecret });
    for (const path of ['/client-grants', '/resource-servers', '/keys/signing', '/logs', '/tenants/settings', '/organizations']) {
      expect([path, (await tenant.api(path, { token: bearer })).status]).toEqual([path, 200]);
    }
    const created = await tenant.api('/clients', {
      method: 'POST',
      token: bearer,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'made here' }),
    });
    expect(created.status).toBe(201);
    await expect
      .poll(async () => (await tenant.api('/logs?q=client_id:dashboard', { token: bearer })).json())
      .toContainEqual(expect.objectContaining({ type: 'sapi', client_id: 'dashboard', description: 'Create a client' }));
  });

  it('gives a token that is over after five minutes of the clock of the tenant', async () => {
    const clock = { nowMs: 1_790_000_000_000 };
    const { tenant, token } = await signedIn({ clock });
    const { access_token: bearer } = await token();
    clock.nowMs += 300_000;
    expect((await tenant.api('/clients', { token: bearer })).status).toBe(401);
    expect((await tenant.api('/clients', { token: (await token()).access_token })).status).toBe(200);
  });

  it('gives nothing without a session, and says how to begin one', async () => {
    const { askForToken, own } = await signedIn();
    const refused = await askForToken({ ...own, cookie: '' });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({
      error: 'no_session',
      message: expect.stringContaining('evertoken tenant open --home x') as string,
      command: 'evertoken tenant open --home x',
    });
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect((await askForToken()).status).toBe(200);
  });

  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['what tells no origin', { origin: '', 'sec-fetch-site': '' }],
  ])('gives nothing to %s, cookie or not', async (_who, headers) => {
    const { askForToken, own } = await signedIn();
    const given = Object.fromEntries(Object.entries({ ...own, ...headers }).filter(([, value]) => value !== ''));
    expect((await askForToken(given)).status).toBe(401);
  });

  it('has only its own paths, and they are no other door to the Management API', async () => {
    const { tenant, own } = await signedIn();
    for (const path of ['/dashboard/api/v2/clients', '/dashboard/session/token', '/dashboard/none']) {
      expect([path, (await fetch(`${tenant.url}${path}`, { headers: own })).status]).toEqual([path, 404]);
    }
    expect((await fetch(`${tenant.url}/dashboards`)).status).toBe(404);
    expect((await fetch(`${tenant.url}/api/v2/clients`, { headers: own })).status).toBe(401);
    expect((await tenant.api('/clients')).status).toBe(200);
  });

  it('is not there without its pages, and the control socket says so', async () => {
    const tenant = await runningTenant();
    expect((await fetch(`${tenant.url}/dashboard/`)).status).toBe(404);
    const answer = await askControlSocket(join(tenant.path, 'tenant'), askForLink);
    expect(answer).toMatchObject({ status: 404, body: { error: expect.stringContaining('without the dashboard') as string } });
  });

  it('keeps a tenant from starting whose pages are not built', async () => {
    const pages = { folder: await freshFolder(), command: 'evertoken tenant open' };
    await expect(runningTenant({ pages })).rejects.toMatchObject({ code: 'pages_missing' });
  });

  it('is met by no fault, and its links stand in no stream of requests', async () => {
    const { tenant } = await signedIn({ controls: {} });
    tenant.controls?.addFault({ path: '/', answer: { kind: 'error', status: 503 } });
    expect((await fetch(`${tenant.url}/api/v2/clients`)).status).toBe(503);
    expect((await fetch(await linkOf(tenant), { redirect: 'manual' })).status).toBe(303);
    expect(tenant.controls?.requests.map(({ path }) => path)).toEqual(['/api/v2/clients']);
  });
});

describe('the socket of a node whose database is elsewhere', () => {
  it('answers for the first node of a folder, and for another one when that is gone', async () => {
    const folder = await openStateFolder(await freshFolder());
    const timers: (() => void)[] = [];
    const setTimer = (wake: () => void) => {
      timers.push(wake);
      return { cancel: () => undefined };
    };
    const node = (name: string) => openNodeSocket(folder, () => Promise.resolve({ status: 200, body: name }), setTimer);
    const ask = async (): Promise<unknown> => (await askControlSocket(folder.file('tenant', 'node'), askForLink))?.body;
    const first = await node('first');
    const second = await node('second');
    onTestFinished(() => second.close());
    expect(await ask()).toBe('first');
    timers.shift()?.();
    await expect.poll(() => timers.length).toBe(1);
    await first.close();
    expect(await ask()).toBeUndefined();
    timers.shift()?.();
    await expect.poll(ask).toBe('second');
  });

  it('is refused where the folder is not safe', async () => {
    const folder = await openStateFolder(await freshFolder());
    await writeFile(folder.file('tenant'), '');
    const opened = openNodeSocket(
      folder,
      () => Promise.resolve({ status: 200, body: {} }),
      () => ({ cancel: () => undefined }),
    );
    await expect(opened).rejects.toBeInstanceOf(ServiceError);
  });
});

describe('where a link leads', () => {
  it.each([
    [{ kind: 'https', host: 'localhost', port: 8443 }, 'https://localhost:8443', 'https://localhost:8443'],
    [{ kind: 'http', host: '127.0.0.1', port: 80 }, 'http://127.0.0.1:80', 'http://127.0.0.1:80'],
    [{ kind: 'https', host: '0.0.0.0', port: 443 }, 'https://0.0.0.0:443', 'https://id.example'],
    [{ kind: 'unix', path: '/run/tenant.sock', mode: 0o600 }, 'unix:/run/tenant.sock', 'https://id.example'],
  ] as const)('is where a browser reaches what listens at %j', (listen, url, origin) => {
    expect(originOf(listen, { url, domain: 'id.example' })).toBe(origin);
  });
});
