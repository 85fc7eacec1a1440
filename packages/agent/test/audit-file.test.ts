import { once } from 'node:events';
import { readFile, symlink, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ManualClock } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

const clock = new ManualClock();
let running: RunningAgent;
beforeEach(async () => {
  running = await startRunningAgent({
    clock,
    yaml: (issuer, hashOf) => `${twoApps('http://127.0.0.1:1')(issuer, hashOf)}\naudit: { file: ./audit.jsonl }\n`,
  });
});
afterEach(() => running.close());

async function lines(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(running.home, 'audit.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the audit file of an agent', () => {
  it('has a line for each read and call, granted or refused, and no key, token or path', async () => {
    const { callAs, call, keys } = running;
    const fingerprint = (await callAs('report', '/v1/tokens/orders')).json()['fingerprint'];
    await callAs('report', '/v1/tokens/secret');
    await callAs('dashboard', '/v1/tokens/management');
    await call('/v1/tokens/orders', { headers: { authorization: 'Bearer evk_wrong' } });
    await call(`/v1/tokens/${keys['report']}`);
    await callAs('dashboard', '/api/v2/users/some-person');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'grant_type=client_credentials&client_id=report&client_secret=wrong-key';
    await call('/oauth/token', { method: 'POST', headers: form, body });
    await running.agent.close();

    const read = { event: 'token.read', listener: running.url, pattern: 'GET /v1/tokens/:name' };
    expect(await lines()).toEqual(
      [
        { ...read, app: 'report', token: 'orders', fingerprint, status: 200 },
        { ...read, app: 'report', token: 'secret', status: 404 },
        { ...read, app: 'dashboard', token: 'management', status: 403 },
        { ...read, app: '(unknown)', token: 'orders', status: 401 },
        { ...read, app: '(unknown)', token: '', status: 401 },
        { ...read, event: 'proxy.call', app: 'dashboard', token: '', pattern: 'GET (no rule)', status: 403 },
        { ...read, app: '(unknown)', token: '', pattern: 'POST /oauth/token', status: 401 },
      ].map((line) => ({
        time: '2026-01-01T00:00:00.000Z',
        ...line,
        // The log may tell more of what failed.
        ...(line.status >= 400 && { request_id: expect.any(String) as string }),
        ms: 0,
      })),
    );
    const text = await readFile(join(running.home, 'audit.jsonl'), 'utf8');
    expect(text).not.toMatch(/evk_|token-\d|wrong-key|some-person/);
    expect(running.log.some((line) => line['event'] === 'token.read')).toBe(false);
  });

  it('has a line for what is refused before the key is looked at, as for a request without one', async () => {
    const { callAs } = running;
    const json = { 'content-type': 'application/json' };
    await callAs('report', '/v1/tokens/orders', { headers: { origin: 'https://evil.example' } });
    await callAs('report', '/v1/tokens/orders', { headers: { host: 'evil.example' } });
    await callAs('report', '/v1/tokens/orders/reject', { method: 'POST', headers: json, body: 'x'.repeat(20_000) });
    await callAs('report', '/oauth/token', { method: 'POST', headers: { 'x-forwarded-for': 'x' } });
    await callAs('dashboard', '/api/v2/users/some-person', { headers: { 'sec-fetch-site': 'cross-site' } });
    for (const path of ['/v1/status', '/metrics', '/nothing', '/v1/tokens/a/b']) {
      await callAs('report', path, { headers: { origin: 'https://evil.example' } });
    }
    await running.agent.close();
    const written = await lines();
    expect(written.map(({ event, pattern, status }) => [event, pattern, status])).toEqual([
      ['token.read', 'GET /v1/tokens/:name', 403],
      ['token.read', 'GET /v1/tokens/:name', 421],
      ['token.reject', 'POST /v1/tokens/:name/reject', 413],
      ['token.read', 'POST /oauth/token', 403],
      ['proxy.call', 'GET (no rule)', 403],
    ]);
    expect(written[0]).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      event: 'token.read',
      app: '(unknown)',
      listener: running.url,
      token: '',
      pattern: 'GET /v1/tokens/:name',
      status: 403,
      request_id: expect.any(String) as string,
      ms: 0,
    });
  });

  it('has a line for a target that is written to step round a rule, without a word of it', async () => {
    const { callAs } = running;
    await callAs('dashboard', '/api/v2/clients/%2e%2e/users');
    await callAs('dashboard', '/api/v2//users', { method: 'DELETE' });
    await callAs('dashboard', '/', { path: 'http://evil.example/api/v2/users', method: 'PROPFIND' });
    await running.agent.close();
    const written = await lines();
    expect(written.map(({ event, app, token, pattern, status }) => [event, app, token, pattern, status])).toEqual([
      ['proxy.call', '(unknown)', '', 'GET (unreadable target)', 400],
      ['proxy.call', '(unknown)', '', 'DELETE (unreadable target)', 400],
      ['proxy.call', '(unknown)', '', 'OTHER (unreadable target)', 421],
    ]);
  });

  it('has a line for what its listener turns away, and for what comes with an expectation that nobody knows', async () => {
    const { host, port } = new URL(running.url);
    const socket = connect(Number(port), '127.0.0.1');
    const own = [`Host: ${host}`, `Authorization: Bearer ${running.keys['report']}`, 'X-Request-Id: mine'];
    socket.write(['GET /v1/tokens/orders HTTP/1.1', ...own, '', ''].join('\r\n').repeat(17));
    socket.resume();
    await once(socket, 'close');
    expect((await running.callAs('report', '/v1/tokens/orders', { headers: { expect: 'a-miracle' } })).status).toBe(200);
    await running.agent.close();
    const written = await lines();
    const read = { event: 'token.read', listener: running.url, pattern: 'GET /v1/tokens/:name' };
    expect(written.filter(({ app }) => app === '(unknown)')).toEqual([
      expect.objectContaining({ ...read, token: '', status: 429, request_id: 'mine' }),
    ]);
    expect(written.filter(({ app }) => app === 'report')).toHaveLength(17);
  });

  it('has a line with the name of the app for what is refused when its key is known', async () => {
    await running.callAs('report', '/v1/tokens/orders?min_ttl=x');
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    await running.callAs('report', '/v1/tokens/orders/reject', { method: 'POST', headers, body: 'x'.repeat(20_000) });
    await running.agent.close();
    const own = { app: 'report', token: 'orders' };
    expect(await lines()).toEqual([
      expect.objectContaining({ ...own, event: 'token.read', status: 400 }),
      expect.objectContaining({ ...own, event: 'token.reject', status: 413 }),
    ]);
  });

  it('has lost lines that could not be written before the end, and the log tells how many', async () => {
    const path = join(running.home, 'audit.jsonl');
    await running.callAs('report', '/v1/tokens/orders');
    await running.callAs('report', '/v1/tokens/management');
    await unlink(path);
    await symlink('elsewhere', path);
    await running.agent.close();
    expect(running.log).toContainEqual(expect.objectContaining({ event: 'audit.lost', path, lines: 2 }));
    await unlink(path);
  });

  it('is not washed away by requests without a key, which are summed up', async () => {
    await running.callAs('report', '/v1/tokens/orders');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'grant_type=client_credentials&client_id=nobody&client_secret=wrong-key';
    for (let count = 0; count < 20; count += 1) {
      await running.call('/v1/tokens/orders');
      await running.call('/oauth/token', { method: 'POST', headers: form, body });
      await running.call('/api/v2/users');
    }
    await running.agent.close();
    const written = await lines();
    expect(written.filter(({ app }) => app === '(unknown)')).toHaveLength(10);
    expect(written.filter(({ app }) => app === 'report')).toHaveLength(1);
    expect(written.at(-1)).toEqual({ time: '2026-01-01T00:00:00.000Z', event: 'audit.refused', count: 50 });
  });

  it('is written while the agent runs, without a system call a line', async () => {
    const before = clock.timers;
    for (let count = 0; count < 20; count += 1) await running.callAs('report', '/v1/tokens/orders');
    expect(await lines()).toEqual([]);
    expect(clock.timers).toBe(before + 1);
    clock.advance(250);
    await expect.poll(async () => (await lines()).length).toBe(20);
  });
});
