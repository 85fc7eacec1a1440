import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ManualClock } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentSetup, type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: () => Promise<string>) => void | Promise<void>;

let api: Server;
let origin: string;
let seen: Seen[];
let answer: Answer;
let running: RunningAgent;
const clock = new ManualClock();

beforeEach(async () => {
  seen = [];
  answer = (_request, response) => void response.end('ok');
  api = createServer((request, response) => {
    let reading: Promise<string> | undefined;
    const body = (): Promise<string> => {
      reading ??= readAll(request).then((text) => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: text });
        return text;
      });
      return reading;
    };
    void Promise.resolve(answer(request, response, body)).then(body);
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  await start();
});

afterEach(async () => {
  await running.close();
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
});

async function start(setup: AgentSetup = {}): Promise<void> {
  running = await startRunningAgent({ yaml: twoApps(origin), clock, ...setup });
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function liveToken(name = 'management'): Promise<string> {
  const app = name === 'management' || name === 'orders' ? 'report' : '';
  return (await running.callAs(app, `/v1/tokens/${name}`)).json()['access_token'] as string;
}

describe('a call that a rule allows', () => {
  it('reaches the API with the live token in place of the app key', async () => {
    answer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'x-ratelimit-remaining': '9' }).end('[1]');
    const reply = await running.callAs('dashboard', '/api/v2/clients?per_page=2&q=a%2Fb');
    expect([reply.status, reply.text, reply.headers['x-ratelimit-remaining']]).toEqual([200, '[1]', '9']);
    expect(seen).toMatchObject([{ method: 'GET', url: '/api/v2/clients?per_page=2&q=a%2Fb' }]);
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${await liveToken()}`);
    expect(JSON.stringify(seen[0]?.headers)).not.toContain('evk_');
    expect(seen[0]?.headers.host).toBe(new URL(origin).host);
  });

  it('carries its body, whole and of any kind', async () => {
    const body = JSON.stringify({ name: 'ü'.repeat(200_000) });
    answer = async (_request, response, read) => void response.end(String((await read()).length));
    const reply = await running.callAs('dashboard', '/api/v2/clients', {
      method: 'POST',
      headers: { 'content-type': 'a kind/that;; is none' },
      body,
    });
    expect([reply.status, reply.text]).toEqual([200, String(body.length)]);
    expect(seen[0]?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
    const chunked = await running.callAs('dashboard', '/api/v2/clients', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'small',
    });
    expect([chunked.text, seen[1]?.body, seen[1]?.headers['transfer-encoding']]).toEqual(['5', 'small', 'chunked']);
  });

  it('is HEAD where GET is allowed', async () => {
    answer = (_request, response) => void response.writeHead(200, { 'content-length': '7' }).end();
    const reply = await running.callAs('dashboard', '/api/v2/clients', { method: 'HEAD' });
    expect([reply.status, reply.headers['content-length'], reply.text, seen[0]?.method]).toEqual([200, '7', '', 'HEAD']);
  });

  it('keeps what belongs to one connection, to cookies and to other proxies out of it, both ways', async () => {
    answer = (_request, response) =>
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
    const reply = await running.callAs('dashboard', '/api/v2/clients', {
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
    const { headers } = seen[0] as Seen;
    for (const name of ['x-hop', 'te', 'cookie', 'proxy-authorization', 'x-forwarded-for', 'forwarded'])
      expect(headers, name).not.toHaveProperty(name);
    expect(headers).toMatchObject({ 'x-kept': 'yes', via: '1.1 evertoken', 'x-request-id': 'req-7' });
    for (const name of ['x-private', 'set-cookie', 'strict-transport-security']) expect(reply.headers, name).not.toHaveProperty(name);
    expect(reply.headers).toMatchObject({ etag: '"e"', via: '1.1 evertoken', 'x-request-id': 'req-7' });
  });

  it('gets redirects as they are; the token follows none', async () => {
    answer = (_request, response) => void response.writeHead(302, { location: `${origin}/elsewhere` }).end();
    const reply = await running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.headers.location, seen.length]).toEqual([302, `${origin}/elsewhere`, 1]);
  });

  it('streams the answer while the API still writes it', async () => {
    let finish: () => void = () => undefined;
    answer = (_request, response) => {
      response.write('first');
      finish = () => void response.end('last');
    };
    const text = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        `${running.url}/api/v2/clients`,
        { agent: false, headers: { authorization: `Bearer ${running.keys['dashboard']}` } },
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
    await running.callAs('dashboard', '/api/v2/clients/secret-id');
    expect(running.log.filter((line) => line['event'] === 'proxy.call')).toEqual([
      expect.objectContaining({
        app: 'dashboard',
        token: 'management',
        pattern: 'GET /api/v2/clients/*',
        status: 200,
        listener: running.url,
      }),
    ]);
    expect(JSON.stringify(running.log)).not.toContain('secret-id');
    expect((await running.call('/metrics')).text).toMatch(/^evertoken_proxy_duration_seconds_count\{token="management"\} 1$/m);
  });
});

describe('a call that no rule allows', () => {
  it.each([
    ['DELETE', '/api/v2/clients/1', 'DELETE /api/v2/clients/1'],
    ['GET', '/api/v2/clients/1/credentials', 'GET /api/v2/clients/1/credentials'],
    ['GET', '/api/v2/users', 'GET /api/v2/users'],
    ['PATCH', '/api/v2/clients', 'PATCH /api/v2/clients'],
  ])('%s %s is refused with the rule that is missing', async (method, path, rule) => {
    const reply = await running.callAs('dashboard', path, { method });
    expect([reply.status, reply.json()['code'], reply.json()['missing_rule']]).toEqual([403, 'missing_rule', rule]);
    expect(seen).toEqual([]);
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
    expect((await running.callAs('dashboard', path)).status).toBe(400);
    expect(seen).toEqual([]);
  });

  it('needs a key or a live token', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer evk_wrong' },
      { authorization: 'Bearer token-99' },
      { authorization: `Basic ${running.keys['dashboard']}` },
    ]) {
      const reply = await running.call('/api/v2/clients', { headers });
      expect([reply.status, reply.headers['content-type']]).toEqual([401, 'application/problem+json']);
    }
    expect(seen).toEqual([]);
  });

  it('is refused for an app without proxy rules, and for one with several APIs and no name', async () => {
    expect((await running.callAs('report', '/api/v2/clients')).status).toBe(403);
    const several = await running.callAs('both', '/api/v2/clients');
    expect([several.status, several.json()['detail']]).toEqual([400, expect.stringContaining('/proxy/management/…, /proxy/orders/…')]);
  });

  it('to another protocol is refused plainly, but an offer of HTTP/2 is only passed over', async () => {
    const websocket = await running.callAs('dashboard', '/api/v2/clients', { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
    expect([websocket.status, websocket.json()['code']]).toEqual([501, 'upgrade_refused']);
    const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' };
    answer = async (_request, response, read) => void response.end(await read());
    const reply = await running.callAs('dashboard', '/api/v2/clients', { method: 'POST', headers: h2c, body: 'posted' });
    expect([reply.status, reply.text]).toEqual([200, 'posted']);
    expect(seen[0]?.headers).not.toHaveProperty('upgrade');
    expect(seen[0]?.headers).not.toHaveProperty('http2-settings');
  });
});

describe('/proxy/NAME', () => {
  it('calls the API of the token that it names, with the rest of the path', async () => {
    await running.callAs('both', '/proxy/orders/v1/orders?x=1');
    await running.callAs('both', '/proxy/management/api/v2/clients');
    expect(seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/v1/orders?x=1', `Bearer ${await liveToken('orders')}`],
      ['/api/v2/clients', `Bearer ${await liveToken()}`],
    ]);
  });

  it('goes by the rules of that token, and knows no token of others', async () => {
    expect((await running.callAs('both', '/proxy/management/v1/orders')).status).toBe(403);
    expect((await running.callAs('report', '/proxy/orders/v1/orders')).status).toBe(403);
    expect((await running.callAs('both', '/proxy/secret/x')).status).toBe(404);
    expect((await running.callAs('both', '/proxy/none/x')).status).toBe(404);
    expect(seen).toEqual([]);
  });
});

describe('the holder of a live token', () => {
  it('calls the API of that token without a rule, and no other', async () => {
    const headers = { authorization: `Bearer ${await liveToken('orders')}` };
    expect((await running.call('/proxy/orders/anything', { method: 'DELETE', headers })).status).toBe(200);
    expect((await running.call('/api/v2/users', { headers })).status).toBe(200);
    expect((await running.call('/proxy/management/api/v2/users', { headers })).status).toBe(403);
    expect(seen.map(({ url }) => url)).toEqual(['/anything', '/api/v2/users']);
  });

  it('may go on with it for as long as it lives, though it has a successor', async () => {
    const old = await liveToken();
    clock.advance(31_000);
    const fingerprint = (await running.callAs('report', '/v1/tokens/management')).json()['fingerprint'];
    await running.callAs('report', '/v1/tokens/management/reject', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fingerprint }),
    });
    const current = await liveToken();
    expect(current).not.toBe(old);
    expect((await running.call('/api/v2/users', { headers: { authorization: `Bearer ${old}` } })).status).toBe(200);
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${current}`);
    clock.advance(86_400_000);
    expect((await running.call('/api/v2/users', { headers: { authorization: `Bearer ${old}` } })).status).toBe(401);
  });
});

describe('after a 401 of the API', () => {
  /** An API that knows every token but the first. */
  function refuse(...tokens: string[]): void {
    answer = async (request, response, read) => {
      const body = await read();
      const isRefused = tokens.includes(request.headers.authorization ?? '');
      response.writeHead(isRefused ? 401 : 200).end(isRefused ? 'refused' : `taken ${body}`);
    };
  }

  it.each([
    ['no body', undefined, {}],
    ['a short body', 'short', {}],
    ['a short chunked body', 'chunks', { 'transfer-encoding': 'chunked' }],
    ['a body of 64 KiB', 'x'.repeat(65_536), {}],
  ])('a call with %s is made once more with a new token', async (_what, body, headers) => {
    const first = `Bearer ${await liveToken()}`;
    refuse(first);
    clock.advance(31_000);
    const reply = await running.callAs('dashboard', '/api/v2/clients', { method: 'POST', headers, ...(body !== undefined && { body }) });
    expect([reply.status, reply.text]).toEqual([200, `taken ${body ?? ''}`]);
    expect(seen.map((request) => request.headers.authorization)).toEqual([first, `Bearer ${await liveToken()}`]);
    expect(running.issuer.requests).toHaveLength(4);
  });

  it('a call with a longer body is not repeated, but the token is replaced', async () => {
    const first = await liveToken();
    refuse(`Bearer ${first}`);
    clock.advance(31_000);
    const reply = await running.callAs('dashboard', '/api/v2/clients', { method: 'POST', body: 'x'.repeat(65_537) });
    expect([reply.status, reply.text, seen.length]).toEqual([401, 'refused', 1]);
    await expect.poll(() => liveToken()).not.toBe(first);
  });

  it('the 401 is passed on where no other token can be had, and nothing is repeated', async () => {
    const first = await liveToken();
    refuse(`Bearer ${first}`);
    // Minted less than 30 s ago: no other one may be asked for yet.
    const reply = await running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.text, seen.length]).toEqual([401, 'refused', 1]);
    expect(running.issuer.requests).toHaveLength(3);
  });

  it('the second 401 is passed on', async () => {
    answer = async (_request, response, read) => {
      await read();
      response.writeHead(401).end('never');
    };
    clock.advance(31_000);
    const reply = await running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.text, seen.length]).toEqual([401, 'never', 2]);
  });

  it('a 403 is passed on and changes nothing', async () => {
    answer = (_request, response) => void response.writeHead(403).end('forbidden');
    clock.advance(31_000);
    expect((await running.callAs('dashboard', '/api/v2/clients')).status).toBe(403);
    expect(running.issuer.requests).toHaveLength(3);
  });
});

describe('an API that fails', () => {
  it('and cannot be reached is a 502 with an id that is in the log', async () => {
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
    for (const body of [undefined, 'x'.repeat(100_000)]) {
      const reply = await running.callAs('dashboard', '/api/v2/clients', { method: 'POST', ...(body !== undefined && { body }) });
      expect([reply.status, reply.json()['code']]).toEqual([502, 'upstream_unreachable']);
      expect(running.log).toContainEqual(
        expect.objectContaining({ event: 'proxy.failed', error_id: reply.json()['error_id'], status: 502 }),
      );
    }
  });

  it('and does not answer in time is a 504', async () => {
    await running.close();
    await start({ proxyTimeoutMs: 40 });
    answer = () => undefined;
    const reply = await running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.json()['code']]).toEqual([504, 'upstream_timeout']);
  });

  it('and breaks off in the middle is told by a broken answer, never by a whole one', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    await expect(running.callAs('dashboard', '/api/v2/clients')).rejects.toThrow();
    expect(running.log).toContainEqual(expect.objectContaining({ event: 'proxy.failed', token: 'management' }));
    answer = (_request, response) => void response.end('well again');
    expect((await running.callAs('dashboard', '/api/v2/clients')).text).toBe('well again');
  });

  it('and answers before the body is read still answers', async () => {
    answer = (_request, response) => void response.writeHead(413).end('too long');
    const reply = await running
      .callAs('dashboard', '/api/v2/clients', { method: 'POST', body: 'x'.repeat(3_000_000) })
      .catch((error: NodeJS.ErrnoException) => error);
    // Node may cut the connection while the program still sends: an answer or a reset, but never a hang.
    if (reply instanceof Error) expect(reply.code).toMatch(/EPIPE|ECONNRESET/);
    else expect(reply.status).toBe(413);
    answer = (_request, response) => void response.end('well again');
    expect((await running.callAs('dashboard', '/api/v2/clients')).text).toBe('well again');
  });
});

describe('a program that goes away', () => {
  it('ends the call to the API', async () => {
    const aborted = new Promise<void>((resolve) => {
      answer = (request, response) => {
        response.on('close', () => resolve());
        request.socket.on('error', () => undefined);
        program.destroy();
      };
    });
    const { port } = new URL(running.url);
    const program = connect(Number(port), '127.0.0.1', () => {
      program.write(
        `GET /api/v2/clients HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${running.keys['dashboard']}\r\n\r\n`,
      );
    });
    await aborted;
    await expect
      .poll(() => running.log.filter((line) => line['event'] === 'proxy.call'))
      .toEqual([expect.objectContaining({ status: 499 })]);
    expect(running.log.filter((line) => line['event'] === 'proxy.failed')).toEqual([]);
  });
});
