import { connect } from 'node:net';
import { json } from '@evertoken/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

const form = 'application/x-www-form-urlencoded';
let running: RunningAgent;

beforeAll(async () => {
  running = await startRunningAgent({
    yaml: twoApps('https://api.example.com'),
    before: (issuer) =>
      issuer.answer(({ form: asked }, response) => {
        json(response, 200, {
          access_token: `live-${asked.get('audience')}`,
          token_type: 'Bearer',
          expires_in: 3600,
          scope: 'read:clients read:keys',
        });
      }),
  });
});
afterAll(() => running.close());

function post(parameters: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString();
  return running.call('/oauth/token', { method: 'POST', headers: { 'content-type': form, ...headers }, body });
}

function postRaw(contentType: string | undefined, body: string | Buffer): Promise<Answer> {
  return running.call('/oauth/token', { method: 'POST', headers: contentType === undefined ? {} : { 'content-type': contentType }, body });
}

function asReport(more: Record<string, string> = {}): Record<string, string> {
  return { client_id: 'report', client_secret: running.keys['report'] ?? '', audience: 'https://api.example.com/api/v2/', ...more };
}

describe('POST /oauth/token', () => {
  it('answers a form as Auth0 does, with the seconds that are left', async () => {
    const answer = await post(asReport());
    expect(answer.status).toBe(200);
    const { expires_in: expiresIn, ...rest } = answer.json();
    expect(rest).toEqual({ access_token: 'live-https://api.example.com/api/v2/', scope: 'read:clients read:keys', token_type: 'Bearer' });
    expect(expiresIn).toBeLessThan(3600);
    expect(expiresIn).toBeGreaterThan(3500);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'content-type': expect.stringMatching(/^application\/json/) as string,
    });
  });

  it('answers JSON the same', async () => {
    const body = JSON.stringify({ grant_type: 'client_credentials', ...asReport(), scope: ['read:keys'] });
    const answer = await postRaw('application/json; charset=utf-8', body);
    expect(answer.json()).toMatchObject({ access_token: 'live-https://api.example.com/api/v2/' });
  });

  it('takes the credentials by HTTP Basic too, but not twice', async () => {
    const { client_id: id, client_secret: secret, audience } = asReport() as { client_id: string; client_secret: string; audience: string };
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    expect((await post({ audience }, { authorization })).status).toBe(200);
    expect((await post({ audience, client_id: id }, { authorization })).status).toBe(200);
    const twice = await post({ audience, client_secret: secret }, { authorization });
    expect([twice.status, twice.json()['error']]).toEqual([400, 'invalid_request']);
    expect((await post({ audience, client_id: 'dashboard' }, { authorization })).status).toBe(400);
  });

  it.each([
    ['an unknown app', { client_id: 'nobody' }],
    ['a wrong key', { client_secret: 'evk_wrong' }],
    ['the key of another app', { client_id: 'dashboard' }],
    ['an empty key', { client_secret: '' }],
  ])('refuses %s with 401 as Auth0 does', async (_what, wrong) => {
    const answer = await post(asReport(wrong));
    expect([answer.status, answer.json()]).toEqual([401, { error: 'access_denied', error_description: 'Unauthorized' }]);
  });

  it('refuses wrong Basic credentials with a challenge, and what is no Basic at all', async () => {
    for (const authorization of [
      `Basic ${Buffer.from('report:wrong').toString('base64')}`,
      'Basic %%%',
      `Basic ${Buffer.from('%zz:x').toString('base64')}`,
      'Bearer x',
    ]) {
      const answer = await post({ audience: 'urn:orders' }, { authorization });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Basic realm="evertoken"']);
    }
  });

  it.each([
    ['the audience of the API', 'https://api.example.com/api/v2/', 'live-https://api.example.com/api/v2/'],
    ['another audience', 'urn:orders', 'live-urn:orders'],
  ])('finds the token by %s', async (_what, audience, token) => {
    expect((await post(asReport({ audience }))).json()['access_token']).toBe(token);
  });

  it("finds the token by the same path under the agent's own origin, as SDKs derive it", async () => {
    const { port } = new URL(running.url);
    for (const audience of [`${running.url}/api/v2/`, `${running.url}/api/v2`, `http://localhost:${port}/api/v2/`]) {
      expect((await post(asReport({ audience }))).json()['access_token'], audience).toBe('live-https://api.example.com/api/v2/');
    }
  });

  it.each(['https://api.example.com/api/v2', 'https://localhost:1/api/v2/', 'urn:secret', 'urn:nothing'])(
    'refuses the audience %s that the app has not, and names only what it has',
    async (audience) => {
      const answer = await post(asReport({ audience }));
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        error: 'access_denied',
        error_description: `Service not enabled within domain: ${audience}. This app has: https://api.example.com/api/v2/, urn:orders.`,
      });
    },
  );

  it('needs the audience of an app with several tokens, not of one with a single', async () => {
    const { audience: _, ...without } = asReport();
    const several = await post(without);
    expect([several.status, several.json()['error']]).toEqual([400, 'invalid_request']);
    const single = await post({ client_id: 'dashboard', client_secret: running.keys['dashboard'] ?? '' });
    expect(single.status).toBe(200);
  });

  it('gives an app that may only call its own app key, never the live token', async () => {
    const answer = await post({
      client_id: 'dashboard',
      client_secret: running.keys['dashboard'] ?? '',
      audience: `${running.url}/api/v2/`,
    });
    expect(answer.json()).toEqual({ access_token: running.keys['dashboard'], expires_in: 86_400, token_type: 'Bearer' });
  });

  it('takes a scope that is held, and refuses one that is not', async () => {
    expect((await post(asReport({ scope: 'read:keys' }))).status).toBe(200);
    const answer = await post(asReport({ scope: 'read:keys delete:clients read:all' }));
    expect([answer.status, answer.json()]).toEqual([
      403,
      { error: 'access_denied', error_description: 'Client has not been granted scopes: delete:clients, read:all' },
    ]);
  });

  it('refuses an organization that the token is not for', async () => {
    expect((await post(asReport({ organization: 'org_x' }))).status).toBe(403);
  });

  it('takes no other method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await running.call('/oauth/token', { method });
      expect([answer.status, answer.headers.allow, answer.json()['error']]).toEqual([405, 'POST', 'method_not_allowed']);
    }
  });

  it('writes one audit line for each hand-out', async () => {
    const before = running.log.length;
    const { json: read } = await running.callAs('report', '/v1/tokens/management');
    await post(asReport());
    const lines = running.log.slice(before).filter((line) => line['event'] === 'token.read');
    const common = { app: 'report', listener: running.url, token: 'management', fingerprint: read()['fingerprint'], status: 200 };
    expect(lines).toMatchObject([
      { ...common, pattern: 'GET /v1/tokens/:name' },
      { ...common, pattern: 'POST /oauth/token' },
    ]);
  });
});

describe('bad input at POST /oauth/token', () => {
  const long = `grant_type=client_credentials&x=${'a'.repeat(17_000)}`;
  it.each<[string, string | undefined, string | Buffer, number, string]>([
    ['no body', undefined, '', 400, 'invalid_request'],
    ['no content type', undefined, 'grant_type=client_credentials', 400, 'invalid_request'],
    ['another content type', 'text/plain', 'grant_type=client_credentials', 400, 'invalid_request'],
    ['a content type that is none', 'form', 'grant_type=client_credentials', 400, 'invalid_request'],
    ['multipart', 'multipart/form-data; boundary=x', '--x--', 400, 'invalid_request'],
    ['no grant type', form, 'client_id=report', 400, 'invalid_request'],
    ['another grant type', form, 'grant_type=password', 400, 'unsupported_grant_type'],
    ['a parameter given twice', form, 'grant_type=client_credentials&client_id=a&client_id=b', 400, 'invalid_request'],
    ['a percent sign that encodes nothing', form, 'grant_type=client_credentials&client_id=%zz', 400, 'invalid_request'],
    ['percent-encoded bytes that are no UTF-8', form, 'grant_type=client_credentials&client_id=%ff', 400, 'invalid_request'],
    ['raw bytes that are no UTF-8', form, Buffer.from([0x67, 0x3d, 0xff, 0xfe]), 400, 'invalid_request'],
    ['a body that is too long', form, long, 413, 'invalid_request'],
    ['broken JSON', 'application/json', '{"grant_type":', 400, 'invalid_request'],
    ['JSON that is a list', 'application/json', '[]', 400, 'invalid_request'],
    ['JSON that is null', 'application/json', 'null', 400, 'invalid_request'],
    [
      'a JSON member given twice',
      'application/json',
      '{"grant_type":"client_credentials","grant_\\u0074ype":"password"}',
      400,
      'invalid_request',
    ],
    [
      'a JSON parameter that is no text',
      'application/json',
      '{"grant_type":"client_credentials","client_id":{"a":1}}',
      400,
      'invalid_request',
    ],
  ])('%s is an OAuth error', async (_what, contentType, body, status, error) => {
    const answer = await postRaw(contentType, body);
    expect([answer.status, answer.json()['error']]).toEqual([status, error]);
    expect(answer.json()['error_description']).toBeTypeOf('string');
  });

  it('a scope that is neither text nor list is refused as Auth0 does', async () => {
    const answer = await postRaw('application/json', JSON.stringify({ grant_type: 'client_credentials', ...asReport(), scope: 7 }));
    expect([answer.status, answer.json()]).toEqual([
      400,
      { error: 'invalid_scope', error_description: 'Scope must be an array or a string' },
    ]);
  });

  it('a chunked body that is too long is refused too', async () => {
    const answer = await running.call('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': form, 'transfer-encoding': 'chunked' },
      body: long,
    });
    expect([answer.status, answer.json()['error']]).toEqual([413, 'invalid_request']);
  });

  it('a JSON member that stands twice only deeper inside is no concern', async () => {
    const body = `{"nested":{"a":1,"a":2},"list":[{"grant_type":"x"}],${JSON.stringify({ grant_type: 'client_credentials', ...asReport() }).slice(1)}`;
    expect((await postRaw('application/json', body)).status).toBe(200);
  });

  it('a cut body harms nobody', async () => {
    const { port } = new URL(running.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.end(
          `POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: ${form}\r\nContent-Length: 500\r\n\r\ngrant_type=client`,
        );
      });
      socket.resume();
      socket.on('close', () => resolve());
      socket.on('error', () => undefined);
    });
    expect((await post(asReport())).status).toBe(200);
    expect(running.log.filter((line) => line['level'] === 'error')).toEqual([]);
  });

  it('is never a 5xx, whatever the bytes', async () => {
    const part = fc.constantFrom(
      'grant_type=client_credentials',
      '&',
      '=',
      '%',
      '%00',
      '{',
      '}',
      '"',
      ':',
      'client_id',
      'report',
      ',',
      '[',
      'null',
      '\\u',
      '\u0000',
      'é',
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(form, 'application/json'), fc.array(part, { maxLength: 10 }), async (type, parts) => {
        const answer = await postRaw(type, parts.join(''));
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(answer.json()['error']).toBeTypeOf('string');
      }),
      { numRuns: 150 },
    );
  });
});
