import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ProxiedApi, type Seen } from './proxied-api.ts';

const stage = new ProxiedApi();

describe('a call that a rule allows', () => {
  it('reaches the API with the live token in place of the app key', async () => {
    stage.answer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'x-ratelimit-remaining': '9' }).end('[1]');
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients?per_page=2&q=a%2Fb');
    expect([reply.status, reply.text, reply.headers['x-ratelimit-remaining']]).toEqual([200, '[1]', '9']);
    expect(stage.seen).toMatchObject([{ method: 'GET', url: '/api/v2/clients?per_page=2&q=a%2Fb' }]);
    expect(stage.seen[0]?.headers.authorization).toBe(`Bearer ${await stage.liveToken()}`);
    expect(JSON.stringify(stage.seen[0]?.headers)).not.toContain('evk_');
    expect(stage.seen[0]?.headers.host).toBe(new URL(stage.origin).host);
  });

  it('carries its body, whole and of any kind', async () => {
    const body = JSON.stringify({ name: 'ü'.repeat(200_000) });
    stage.answer = async (_request, response, read) => void response.end(String((await read()).length));
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', {
      method: 'POST',
      headers: { 'content-type': 'a kind/that;; is none' },
      body,
    });
    expect([reply.status, reply.text]).toEqual([200, String(body.length)]);
    expect(stage.seen[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
    const chunked = await stage.running.callAs('dashboard', '/api/v2/clients', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'small',
    });
    expect([chunked.text, stage.seen[1]?.body, stage.seen[1]?.headers['transfer-encoding']]).toEqual(['5', 'small', 'chunked']);
  });

  it('gets no length of a body that its answer cannot have', async () => {
    stage.answer = (_request, response) => void response.writeHead(204, { 'content-length': '5' }).end();
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.headers['content-length'], reply.text]).toEqual([204, undefined, '']);
  });

  it('is HEAD where GET is allowed', async () => {
    stage.answer = (_request, response) => void response.writeHead(200, { 'content-length': '7' }).end();
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', { method: 'HEAD' });
    expect([reply.status, reply.headers['content-length'], reply.text, stage.seen[0]?.method]).toEqual([200, '7', '', 'HEAD']);
  });

  it('keeps what belongs to one connection, to cookies and to other proxies out of it, both ways', async () => {
    stage.answer = (_request, response) =>
      void response
        .writeHead(200, {
          connection: 'x-private',
          'x-private': 'p',
          'set-cookie': ['a=1'],
          'keep-alive': 'timeout=1',
          'strict-transport-security': 'max-age=1',
          etag: '"e"',
        })
        .end();
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', {
      headers: {
        connection: 'x-hop',
        'x-hop': '1',
        te: 'trailers',
        cookie: 'a=1',
        'proxy-authorization': 'Basic x',
        'x-forwarded-for': '10.0.0.1',
        forwarded: 'for=x',
        'x-kept': 'yes',
        'x-request-id': 'req-7',
      },
    });
    const { headers } = stage.seen[0] as Seen;
    for (const name of ['x-hop', 'te', 'cookie', 'proxy-authorization', 'x-forwarded-for', 'forwarded'])
      expect(headers, name).not.toHaveProperty(name);
    expect(headers).toMatchObject({ 'x-kept': 'yes', via: '1.1 evertoken', 'x-request-id': 'req-7' });
    for (const name of ['x-private', 'set-cookie', 'strict-transport-security']) expect(reply.headers, name).not.toHaveProperty(name);
    expect(reply.headers).toMatchObject({ etag: '"e"', via: '1.1 evertoken', 'x-request-id': 'req-7' });
  });

  it('gets redirects as they are; the token follows none', async () => {
    stage.answer = (_request, response) => void response.writeHead(302, { location: `${stage.origin}/elsewhere` }).end();
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.headers.location, stage.seen.length]).toEqual([302, `${stage.origin}/elsewhere`, 1]);
  });

  it('streams the answer while the API still writes it', async () => {
    let finish: () => void = () => undefined;
    stage.answer = (_request, response) => {
      response.write('first');
      finish = () => void response.end('last');
    };
    const text = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        `${stage.running.url}/api/v2/clients`,
        { agent: false, headers: { authorization: `Bearer ${stage.running.keys['dashboard']}` } },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
            // The end is only written after the beginning has arrived: an agent that buffers would wait for ever.
            finish();
          });
          response.on('end', () => resolve(text));
        },
      );
      request.on('error', reject).end();
    });
    expect(text).toBe('firstlast');
  });

  it('leaves one audit line with the rule, not the path, and a duration in the metrics', async () => {
    await stage.running.callAs('dashboard', '/api/v2/clients/secret-id');
    expect(stage.running.log.filter((line) => line['event'] === 'proxy.call')).toEqual([
      expect.objectContaining({
        app: 'dashboard',
        token: 'management',
        pattern: 'GET /api/v2/clients/*',
        status: 200,
        listener: stage.running.url,
      }),
    ]);
    expect(JSON.stringify(stage.running.log)).not.toContain('secret-id');
    expect((await stage.running.call('/metrics')).text).toMatch(
      /^evertoken_proxy_duration_seconds_count\{app="dashboard",token="management"\} 1$/m,
    );
  });
});

describe('a call that no rule allows', () => {
  it.each([
    ['DELETE', '/api/v2/clients/1', 'DELETE /api/v2/clients/1'],
    ['GET', '/api/v2/clients/1/credentials', 'GET /api/v2/clients/1/credentials'],
    ['GET', '/api/v2/users', 'GET /api/v2/users'],
    ['PATCH', '/api/v2/clients', 'PATCH /api/v2/clients'],
  ])('%s %s is refused with the rule that is missing', async (method, path, rule) => {
    const reply = await stage.running.callAs('dashboard', path, { method });
    expect([reply.status, reply.json()['code'], reply.json()['missing_rule']]).toEqual([403, 'missing_rule', rule]);
    expect(stage.seen).toEqual([]);
  });

  it.each([
    '/api/v2/clients/../users',
    '/api/v2/clients/%2e%2e/users',
    '/api/v2/clients/..%2fusers',
    '/api/v2/clients//',
    '/api/v2/clients/%252e%252e/users',
    '/api/v2/clients/\\..\\users',
    '/api/v2/clients;/x',
  ])('cannot step around the rules with %s', async (path) => {
    expect((await stage.running.callAs('dashboard', path)).status).toBe(400);
    expect(stage.seen).toEqual([]);
  });

  it('needs a key or a live token', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer evk_wrong' },
      { authorization: 'Bearer token-99' },
      { authorization: `Basic ${stage.running.keys['dashboard']}` },
    ]) {
      const reply = await stage.running.call('/api/v2/clients', { headers });
      expect([reply.status, reply.headers['content-type']]).toEqual([401, 'application/problem+json']);
    }
    expect(stage.seen).toEqual([]);
  });

  it('is refused for an app without proxy rules, and for one with several APIs and no name', async () => {
    expect((await stage.running.callAs('report', '/api/v2/clients')).status).toBe(403);
    const several = await stage.running.callAs('both', '/api/v2/clients');
    expect([several.status, several.json()['detail']]).toEqual([400, expect.stringContaining('/proxy/management/…, /proxy/orders/…')]);
  });

  it('to another protocol is refused plainly, but an offer of HTTP/2 is only passed over', async () => {
    const websocket = await stage.running.callAs('dashboard', '/api/v2/clients', {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect([websocket.status, websocket.json()['code']]).toEqual([501, 'upgrade_refused']);
    const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' };
    stage.answer = async (_request, response, read) => void response.end(await read());
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', { method: 'POST', headers: h2c, body: 'posted' });
    expect([reply.status, reply.text]).toEqual([200, 'posted']);
    expect(stage.seen[0]?.headers).not.toHaveProperty('upgrade');
    expect(stage.seen[0]?.headers).not.toHaveProperty('http2-settings');
  });
});

describe('/proxy/NAME', () => {
  it('calls the API of the token that it names, with the rest of the path', async () => {
    await stage.running.callAs('both', '/proxy/orders/v1/orders?x=1');
    await stage.running.callAs('both', '/proxy/management/api/v2/clients');
    expect(stage.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/v1/orders?x=1', `Bearer ${await stage.liveToken('orders')}`],
      ['/api/v2/clients', `Bearer ${await stage.liveToken()}`],
    ]);
  });

  it('goes by the rules of that token, and knows no token of others', async () => {
    expect((await stage.running.callAs('both', '/proxy/management/v1/orders')).status).toBe(403);
    expect((await stage.running.callAs('report', '/proxy/orders/v1/orders')).status).toBe(403);
    expect((await stage.running.callAs('both', '/proxy/secret/x')).status).toBe(404);
    expect((await stage.running.callAs('both', '/proxy/none/x')).status).toBe(404);
    expect(stage.seen).toEqual([]);
  });
});

describe('the holder of a live token', () => {
  it('calls the API of that token without a rule, and no other', async () => {
    const headers = { authorization: `Bearer ${await stage.liveToken('orders')}` };
    expect((await stage.running.call('/proxy/orders/anything', { method: 'DELETE', headers })).status).toBe(200);
    expect((await stage.running.call('/api/v2/users', { headers })).status).toBe(200);
    expect((await stage.running.call('/proxy/management/api/v2/users', { headers })).status).toBe(403);
    expect(stage.seen.map(({ url }) => url)).toEqual(['/anything', '/api/v2/users']);
  });

  it('may go on with it for as long as it lives, though it has a successor', async () => {
    const old = await stage.liveToken();
    stage.clock.advance(31_000);
    const fingerprint = (await stage.running.callAs('report', '/v1/tokens/management')).json()['fingerprint'];
    await stage.running.callAs('report', '/v1/tokens/management/reject', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fingerprint }),
    });
    const current = await stage.liveToken();
    expect(current).not.toBe(old);
    expect((await stage.running.call('/api/v2/users', { headers: { authorization: `Bearer ${old}` } })).status).toBe(200);
    expect(stage.seen[0]?.headers.authorization).toBe(`Bearer ${current}`);
    stage.clock.advance(86_400_000);
    expect((await stage.running.call('/api/v2/users', { headers: { authorization: `Bearer ${old}` } })).status).toBe(401);
  });
});
