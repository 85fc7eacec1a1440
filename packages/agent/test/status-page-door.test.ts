import { join } from 'node:path';
import { askControlSocket } from '@evertoken/service';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRunningAgent } from './a-running-agent.ts';
import { newLink, openCommand, startWithPage } from './a-status-page.ts';

describe('the door of the status page', () => {
  it('gives its files to everybody, and opens by a link once', async () => {
    const { running, link, opened } = await startWithPage();
    expect((await running.call('/status/')).text).toContain('<title>page</title>');
    expect([opened.status, opened.headers.location]).toEqual([303, '/status/']);
    expect(String(opened.headers['set-cookie'])).toMatch(/; Path=\/status; HttpOnly; SameSite=Strict$/);
    const again = await running.call(link);
    expect([again.status, again.headers['set-cookie']]).toEqual([403, undefined]);
    expect(again.text).toContain(openCommand);
  });

  it('opens by no link that is older than a minute', async () => {
    const { running, clock } = await startWithPage();
    const link = await newLink(running);
    clock.advance(59_000);
    const late = await newLink(running);
    clock.advance(2_000);
    expect((await running.call(link)).status).toBe(403);
    expect((await running.call(late)).status).toBe(303);
  });

  it('tells nothing and does nothing without a session', async () => {
    const { running, own, post } = await startWithPage();
    for (const headers of [{}, { cookie: 'evertoken-status=AAAA' }]) {
      for (const path of ['/status/events', '/status/history/orders']) {
        const answer = await running.call(path, { headers });
        expect([answer.status, answer.json()['command']], path).toEqual([401, openCommand]);
      }
      const answer = await running.call('/status/keys', { method: 'POST', headers, body: '{"app":"nightly","tokens":["orders"]}' });
      expect(answer.status).toBe(401);
    }
    expect((await running.call('/status/history/orders', { headers: own })).status).toBe(200);
    expect((await post('/status/keys', {}, '{"app":"nightly","tokens":["orders"]}')).status).toBe(200);
  });

  it('is for a page of its own origin, whatever cookie another one has sent along', async () => {
    const { running, own, origin, post } = await startWithPage();
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${origin}1` },
      { origin: origin.replace('127.0.0.1', 'localhost') },
      { origin, 'sec-fetch-site': 'cross-site' },
      { origin, 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await post('/status/tokens/orders/mint', headers);
      expect([answer.status, answer.json()['code']], JSON.stringify(headers)).toEqual([403, 'browser_refused']);
      expect((await running.call('/status/events', { headers: { ...own, ...headers } })).status).toBe(403);
    }
    // What says nothing of its origin is no page of ours.
    const silent = await running.call('/status/keys', { method: 'POST', headers: { cookie: own.cookie }, body: '{}' });
    expect(silent.status).toBe(401);
    expect((await post('/status/keys', {}, '{}')).status).toBe(400);
  });

  it('may be visited by a link on another site, but not be framed or fetched by it', async () => {
    const { running } = await startWithPage();
    const from = (mode: string, dest: string, method = 'GET') =>
      running.call('/status/', { method, headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } });
    expect((await from('navigate', 'document')).status).toBe(200);
    for (const [mode, dest, method] of [
      ['navigate', 'iframe', 'GET'],
      ['navigate', 'document', 'POST'],
      ['no-cors', 'script', 'GET'],
      ['cors', 'empty', 'GET'],
    ] as const) {
      expect((await from(mode, dest, method)).status, `${mode} ${dest} ${method}`).toBe(403);
    }
  });

  it('leaves all other doors as strict as they are', async () => {
    const { running, origin } = await startWithPage();
    const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    for (const headers of [{ origin, 'sec-fetch-site': 'same-origin' }, visit] as Record<string, string>[]) {
      for (const path of ['/v1/tokens/orders', '/v1/status', '/oauth/token', '/api/v2/clients', '/metrics', '/nothing']) {
        expect((await running.callAs('report', path, { headers })).status, path).toBe(403);
      }
    }
    expect((await running.callAs('report', '/v1/tokens/orders')).status).toBe(200);
  });

  it('is not there, and no link is made, where the agent was started without it', async () => {
    const running = await startRunningAgent();
    onTestFinished(() => running.close());
    expect((await running.call('/status/')).status).toBe(404);
    expect(await askControlSocket(join(running.home, 'state'), { method: 'POST', path: '/open' })).toMatchObject({ status: 404 });
  });
});
