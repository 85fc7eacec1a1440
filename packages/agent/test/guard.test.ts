import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, callUrl, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

let running: RunningAgent;
let port: number;
beforeAll(async () => {
  running = await startRunningAgent({ listen: ['http://127.0.0.1:0'] });
  port = Number(new URL(running.url).port);
});
afterAll(() => running.close());

function read(headers: Record<string, string>, path = '/v1/tokens/orders'): Promise<Answer> {
  return running.callAs('report', path, { headers });
}

/** Sends bytes as they are and answers all that comes back. */
function raw(text: string, to: NetConnectOpts = { port, host: '127.0.0.1' }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(to, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('before any door', () => {
  it('serves its own names', async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect((await read({ host })).status, host).toBe(200);
  });

  it('refuses every other name, so that no web page can rebind its own', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost',
      'localhost:1',
      `localhost:${port}.evil.example`,
      `127.0.0.1.evil.example:${port}`,
    ]) {
      const answer = await read({ host });
      expect([answer.status, answer.json()['code']], host).toEqual([421, 'unknown_host']);
    }
    expect((await running.call('/healthz', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect(await raw('GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('serves a user who typed the address, and refuses every web page', async () => {
    expect((await read({ 'sec-fetch-site': 'none' })).status).toBe(200);
    expect((await read({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: running.url },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      for (const path of ['/v1/tokens/orders', '/oauth/token', '/api/v2/clients', '/metrics']) {
        expect((await read(headers as Record<string, string>, path)).status, path).toBe(403);
      }
    }
  });

  it('hands no token out through another proxy, but may be watched and called through one', async () => {
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'via']) {
      expect((await read({ [name]: 'x' })).json()['code'], name).toBe('forwarded_refused');
      expect((await read({ [name]: 'x' }, '/v1/status')).status, name).toBe(403);
      expect((await read({ [name]: 'x' }, '/oauth/token')).json(), name).toMatchObject({ error: 'invalid_request' });
      expect((await read({ [name]: 'x' }, '/healthz')).status, name).toBe(200);
      expect((await read({ [name]: 'x' }, '/api/v2/clients')).json()['code'], name).toBe('missing_rule');
    }
  });

  it.each([
    '/v1/../v1/tokens/orders',
    '/v1//tokens/orders',
    '/v1/tokens%2forders',
    '/v1/tokens/%2e%2e/x',
    '/v1/tokens;x/orders',
    '/%ff',
    '/v1/tokens\\orders',
  ])('refuses the path %s, which has two readings', async (path) => {
    const answer = await read({}, path);
    expect([answer.status, answer.json()['code']]).toEqual([400, 'ambiguous_path']);
  });

  it('refuses targets that are no path', async () => {
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${running.keys['report']}\r\nConnection: close\r\n\r\n`;
    expect(await raw(`OPTIONS * HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`GET /v1/tokens/orders HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('serves a target in absolute-form as it serves its path, where it names the same server as the Host header', async () => {
    const ask = async (target: string, host = `127.0.0.1:${port}`): Promise<string> => {
      const own = [`Host: ${host}`, `Authorization: Bearer ${running.keys['report']}`, 'Connection: close'];
      return (
        (await raw([`GET ${target} HTTP/1.1`, ...own, '', ''].join('\r\n')))
          .replace(/\r\n.*"code":"(\w+)".*/s, ' $1')
          .split('\r\n', 1)[0] ?? ''
      );
    };
    const own = `http://127.0.0.1:${port}`;
    for (const target of [`${own}/v1/tokens/orders`, `HTTP://127.0.0.1:${port}/v1/tokens/orders?min_ttl=1`, `${own}/healthz`])
      expect(await ask(target), target).toBe('HTTP/1.1 200 OK');
    expect(await ask(`http://LocalHost:${port}/healthz`, `localhost:${port}`)).toBe('HTTP/1.1 200 OK');
    for (const target of [own, `${own}?a=b`]) expect(await ask(target), target).toBe('HTTP/1.1 404 Not Found not_found');
    for (const target of [
      'http://evil.example/v1/tokens/orders',
      `http://localhost:${port}/v1/tokens/orders`,
      `https://127.0.0.1:${port}/v1/tokens/orders`,
      `http://127.0.0.1:${port}@evil.example/v1/tokens/orders`,
      `http://report@127.0.0.1:${port}/v1/tokens/orders`,
      `http://127.0.0.1:${port}.evil.example/v1/tokens/orders`,
      'http:///v1/tokens/orders',
    ]) {
      expect(await ask(target), target).toBe('HTTP/1.1 421 Misdirected Request other_target');
    }
    expect(await ask('http://evil.example/v1/tokens/orders', 'evil.example')).toBe('HTTP/1.1 421 Misdirected Request unknown_host');
    for (const path of ['/v1/../v1/tokens/orders', '//v1/tokens/orders', '/v1/tokens/orders#a', '\\v1/tokens/orders', `/${own}/healthz`]) {
      expect(await ask(`${own}${path}`), path).toMatch(/^HTTP\/1\.1 4\d\d/);
    }
  });

  it('refuses a body of two lengths', async () => {
    const head = `POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    expect(await raw(`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(/"error":"invalid_request"/);
  });

  it('refuses a coding of the body that it does not read, so that no API gets half of it decoded', async () => {
    const head = (version: string): string => `POST /oauth/token HTTP/${version}\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n`;
    expect(await raw(`${head('1.1')}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 501 /);
    // HTTP/1.0 has no codings: what stands there is for another server to read otherwise.
    expect(await raw(`${head('1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 501 /);
    expect(await raw(`${head('1.1')}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n`)).toMatch(/"error":"invalid_request"/);
  });

  it('refuses two Host headers, even if one is its own', async () => {
    const [own, evil] = [`Host: 127.0.0.1:${port}\r\n`, 'Host: evil.example\r\n'];
    const answer = (hosts: string): Promise<string> =>
      raw(`GET /v1/tokens/orders HTTP/1.1\r\n${hosts}Authorization: Bearer ${running.keys['report']}\r\nConnection: close\r\n\r\n`);
    for (const hosts of [own + evil, evil + own, own + own]) expect(await answer(hosts), hosts).toMatch(/^HTTP\/1\.1 4/);
    expect(await answer(own)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('sees what stands behind any number of other headers', async () => {
    const lines = 'a:\r\n'.repeat(2_100);
    const answer = (more: string): Promise<string> =>
      raw(
        `GET /v1/tokens/orders HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${running.keys['report']}\r\nConnection: close\r\n${lines}${more}\r\n`,
      );
    expect(await answer('Origin: https://evil.example\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await answer('Via: 1.1 other\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await answer('')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('refuses bodies above 16 KiB, but for the proxy', async () => {
    const body = 'x'.repeat(16_385);
    for (const path of ['/v1/tokens/orders/reject', '/oauth/token', '/nothing']) {
      expect(
        (await running.callAs('report', path, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status,
        path,
      ).toBe(413);
    }
    expect((await running.callAs('dashboard', '/api/v2/users', { method: 'POST', body })).status).toBe(403);
  });

  it('reads no more of a body that may go on without end once it has refused the request', async () => {
    const own = `127.0.0.1:${port}`;
    for (const [status, path, host] of [
      [401, '/v1/tokens/orders/reject', own],
      [404, '/nothing', own],
      [421, '/v1/tokens/orders/reject', 'evil.example'],
      [400, '/v1/../v1/status', own],
    ] as const) {
      const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, 'Authorization: Bearer evk_wrong'].join('\r\n');
      for (const body of ['Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n', 'Content-Length: 1000000\r\n\r\nx']) {
        // It ends the connection, though the body has not ended.
        expect(await raw(`${head}\r\n${body}`), path).toMatch(/^HTTP\/1\.1 4\d\d .*\r\nConnection: close\r\n/is);
      }
      const short = `${head}\r\nContent-Length: 2\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: ${own}\r\nConnection: close\r\n\r\n`;
      expect((await raw(short)).match(/(?<=HTTP\/1\.1 )\d+/g), path).toEqual([String(status), '200']);
    }
  });

  it('waits no more than a few seconds for a body, but in the proxy', async () => {
    const clock = new ManualClock();
    const own = await startRunningAgent({ clock });
    onTestFinished(() => own.close());
    const to = { port: Number(new URL(own.url).port), host: '127.0.0.1' };
    for (const path of ['/oauth/token', '/v1/tokens/orders/reject']) {
      const timers = clock.timers;
      const head = [
        `POST ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${to.port}`,
        `Authorization: Bearer ${own.keys['report']}`,
        'Content-Length: 10',
      ];
      const answer = raw(`${head.join('\r\n')}\r\n\r\n{`, to);
      await expect.poll(() => clock.timers).toBe(timers + 1);
      clock.advance(5_000);
      expect(await answer, path).toMatch(/^HTTP\/1\.1 408 .*Connection: close/is);
    }
  });

  it('gives every answer an id and forbids guessing its type', async () => {
    const given = await running.call('/healthz', { headers: { 'x-request-id': 'abc-123' } });
    expect(given.headers).toMatchObject({ 'x-request-id': 'abc-123', 'x-content-type-options': 'nosniff' });
    const invented = await running.call('/healthz', { headers: { 'x-request-id': 'a b\u00ff' } });
    expect(invented.headers['x-request-id']).toMatch(/^[\w-]{12}\.[0-9a-z]+$/);
  });
});

describe('on a unix socket', () => {
  let onSocket: RunningAgent;
  let folder: string;
  let socketPath: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evertoken-socket-'));
    socketPath = join(folder, 'agent.sock');
    onSocket = await startRunningAgent({ listen: [`unix:${socketPath}`] });
  });
  afterAll(async () => {
    await onSocket.close();
    await rm(folder, { recursive: true });
  });

  it('serves who may open the socket and has a key, and logs the socket', async () => {
    const headers = { authorization: `Bearer ${onSocket.keys['report']}` };
    for (const host of ['localhost', 'localhost:80']) {
      expect((await callUrl('http://localhost/v1/tokens/orders', { socketPath, headers: { ...headers, host } })).status).toBe(200);
    }
    expect(await raw('GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', { path: socketPath })).toMatch(/^HTTP\/1\.1 200 /);
    expect((await callUrl('http://localhost/v1/tokens/orders', { socketPath, headers: { host: 'localhost' } })).status).toBe(401);
    expect(onSocket.log).toContainEqual(expect.objectContaining({ event: 'token.read', listener: `unix:${socketPath}` }));
  });

  it('refuses other names there too', async () => {
    expect((await callUrl('http://localhost/healthz', { socketPath, headers: { host: 'evil.example' } })).status).toBe(421);
  });
});
