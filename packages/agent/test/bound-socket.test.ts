import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, callUrl } from './a-running-agent.ts';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evertoken-bound-'));
  await stage.running.close();
  const socket = (app: string): string => `unix:${join(folder, `${app}.sock`)}?app=${app}&mode=0660`;
  await stage.start({ listen: [socket('report'), socket('dashboard'), 'http://127.0.0.1:0'] });
});
afterEach(() => rm(folder, { recursive: true }));

/** A request through the socket of `app`. */
function through(app: string, path: string, options: Parameters<typeof callUrl>[1] = {}): Promise<Answer> {
  return callUrl(`http://localhost${path}`, { socketPath: join(folder, `${app}.sock`), ...options });
}

function bearer(credential: string | undefined): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${credential}` } };
}

function grant(app: string, more: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...more }).toString();
  return through(app, '/oauth/token', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
}

describe('a unix socket of one app', () => {
  it('is that app: it needs no key, and may no more than the app', async () => {
    expect((await through('report', '/v1/tokens/orders')).json()['access_token']).toBe(await stage.liveToken('orders'));
    expect((await through('report', '/v1/status')).json()['app']).toBe('report');
    expect((await through('report', '/v1/tokens/secret')).status).toBe(404);
    expect((await through('dashboard', '/v1/tokens/management')).json()['code']).toBe('missing_rule');
    expect((await through('dashboard', '/api/v2/clients')).status).toBe(200);
    expect((await through('dashboard', '/api/v2/users')).json()['code']).toBe('missing_rule');
    expect(stage.seen).toHaveLength(1);
    const listener = expect.stringMatching(/report\.sock\?app=report/) as string;
    expect(stage.running.log).toContainEqual(expect.objectContaining({ event: 'token.read', app: 'report', listener }));
  });

  it('is no other listener: there a key is still needed', async () => {
    expect((await stage.running.call('/v1/tokens/orders')).status).toBe(401);
    expect((await stage.running.call('/api/v2/clients')).status).toBe(401);
  });

  it("takes the app's own key, and refuses every other credential", async () => {
    const { keys } = stage.running;
    expect((await through('report', '/v1/tokens/orders', bearer(keys['report']))).status).toBe(200);
    for (const path of ['/v1/tokens/orders', '/v1/status', '/api/v2/clients']) {
      const other = await through('report', path, bearer(keys['dashboard']));
      expect([other.status, other.json()['code']], path).toEqual([403, 'wrong_socket']);
      expect((await through('report', path, bearer('evk_unknown'))).status, path).toBe(401);
      expect((await through('report', path, { headers: { authorization: 'Basic eDp5' } })).status, path).toBe(401);
    }
    expect(stage.seen).toEqual([]);
  });

  it('takes a live token that the app may read, and no other', async () => {
    const token = await stage.liveToken();
    expect((await through('report', '/api/v2/clients', bearer(token))).status).toBe(200);
    expect((await through('dashboard', '/api/v2/clients', bearer(token))).json()['code']).toBe('wrong_socket');
  });

  it('speaks the token endpoint for that app alone', async () => {
    const { keys } = stage.running;
    const audience = 'urn:orders';
    expect((await grant('report', { audience })).json()['access_token']).toBe(await stage.liveToken('orders'));
    expect((await grant('report', { audience, client_id: 'report', client_secret: keys['report'] ?? '' })).status).toBe(200);
    expect((await grant('report', { client_id: 'dashboard', client_secret: keys['dashboard'] ?? '' })).status).toBe(401);
    expect((await grant('report', { audience, client_id: 'report', client_secret: 'wrong' })).status).toBe(401);
    expect((await grant('report', { audience, client_id: 'report' })).status).toBe(401);
    expect((await grant('dashboard', {})).json()).toMatchObject({ error: 'access_denied' });
  });

  it('refuses foreign names and web pages like every listener', async () => {
    expect((await through('report', '/v1/tokens/orders', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await through('report', '/v1/tokens/orders', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await through('report', '/v1/tokens/orders', { headers: { 'x-forwarded-for': '1' } })).status).toBe(403);
  });
});
