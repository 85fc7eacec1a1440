import { refuseWith } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentSetup, callUrl, type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

async function start(more: string, setup: AgentSetup = {}): Promise<RunningAgent> {
  const yaml: AgentSetup['yaml'] = (issuer, hashOf) => `${twoApps('http://127.0.0.1:1')(issuer, hashOf)}\n${more}\n`;
  const running = await startRunningAgent({ yaml, ...setup });
  onTestFinished(() => running.close());
  return running;
}

describe('hosts', () => {
  it('are names of the agent too, with any port, and of its audiences', async () => {
    const running = await start('hosts: [Evertoken.internal]');
    for (const host of ['evertoken.internal', 'EVERTOKEN.internal:1234', `localhost:${new URL(running.url).port}`])
      expect((await running.callAs('report', '/v1/tokens/orders', { headers: { host } })).status, host).toBe(200);
    const body = `grant_type=client_credentials&client_id=report&client_secret=${running.keys['report']}&audience=https://evertoken.internal/api/v2/`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', host: 'evertoken.internal' };
    expect((await running.call('/oauth/token', { method: 'POST', headers, body })).status).toBe(200);
  });

  it('let no other name in, however like one of them', async () => {
    const running = await start('hosts: [evertoken.internal]');
    for (const host of [
      'evil.example',
      'evertoken.internal.evil.example',
      'x.evertoken.internal',
      'evertoken.internal:',
      'evertoken.internal:1:2',
    ])
      expect((await running.callAs('report', '/v1/tokens/orders', { headers: { host } })).status, host).toBeGreaterThanOrEqual(400);
    const without = await start('');
    const answer = await without.callAs('report', '/v1/tokens/orders', { headers: { host: 'evertoken.internal' } });
    expect([answer.status, answer.json()['detail']]).toEqual([421, expect.stringContaining('add the name to `hosts`')]);
  });
});

describe('metrics', () => {
  it('stand where all else does', async () => {
    const running = await start('');
    const { text } = await running.call('/metrics');
    for (const name of [
      'mints_total',
      'token_runway_seconds',
      'token_waiters',
      'answers_total',
      'store_failures_total',
      'issuer_quota_remaining',
    ])
      expect(text).toContain(`# TYPE evertoken_${name} `);
  });

  it('stand on an address of their own where one is named, and there stands nothing that gives tokens', async () => {
    const port = await freePort();
    const running = await start(`metrics: { listen: ["http://127.0.0.1:${port}"] }`);
    expect((await running.call('/metrics')).status).toBe(404);
    const own = `http://127.0.0.1:${port}`;
    expect(running.log).toContainEqual(
      expect.objectContaining({
        event: 'agent.started',
        listen: [running.url],
        metrics_listen: [own],
        msg: expect.stringContaining(own) as string,
      }),
    );
    expect((await callUrl(`${own}/metrics`)).text).toContain('evertoken_build_info');
    expect((await callUrl(`${own}/healthz`)).status).toBe(200);
    const headers = { authorization: `Bearer ${running.keys['report']}` };
    for (const path of ['/v1/tokens/orders', '/v1/status', '/api/v2/clients', '/oauth/token']) {
      expect((await callUrl(`${own}${path}`, { headers })).status, path).toBe(404);
      expect((await callUrl(`${own}${path}`, { headers: { host: 'evil.example' } })).status, path).toBe(421);
    }
  });
});

describe('/readyz', () => {
  it('names the tokens that are not usable, why, and what mends it', async () => {
    const running = await start('', {
      isReady: false,
      before: (issuer) => issuer.answer(refuseWith(401, 'access_denied', 'Unauthorized')),
    });
    await expect
      .poll(async () => (await running.call('/readyz')).text)
      .toMatch(/"code":"access_denied".*"code":"access_denied".*"code":"access_denied"/);
    const answer = await running.call('/readyz');
    expect(answer.status).toBe(503);
    const why = answer.json()['why'] as Record<string, unknown>[];
    expect(why[0]).toMatchObject({ token: 'management', state: 'empty', code: 'access_denied', retryable: false });
    expect(why[0]?.['step']).toMatch(/tokens\.management/);
    expect(answer.text).not.toMatch(/issuer-s3cret|evk_/);
  });
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
