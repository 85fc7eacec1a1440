import { describe, expect, it } from 'vitest';
import { twoApps } from './a-running-agent.ts';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

/** Statuses of so many requests, one after the other. */
async function statuses(count: number, ask: () => Promise<{ status: number }>): Promise<Record<number, number>> {
  const seen: Record<number, number> = {};
  for (let index = 0; index < count; index += 1) {
    const { status } = await ask();
    seen[status] = (seen[status] ?? 0) + 1;
  }
  return seen;
}

async function startWithRate(): Promise<void> {
  await stage.running.close();
  const yaml: ReturnType<typeof twoApps> = (issuer, hashOf) => `${twoApps(stage.origin)(issuer, hashOf)}
  slow: { key_sha256: ${hashOf('slow')}, tokens: [orders], proxy: { management: ["ANY /**"] }, rate: { per_second: 2, burst: 3 } }
`;
  await stage.start({ yaml });
}

describe('an app without a rate', () => {
  it('may call 100 times at once and 50 times a second, and is told when to come again', async () => {
    const call = () => stage.running.callAs('dashboard', '/api/v2/clients');
    expect(await statuses(103, call)).toEqual({ 200: 100, 429: 3 });
    expect(stage.seen).toHaveLength(100);
    const refused = await call();
    expect(refused.headers).toMatchObject({ 'retry-after': '1', ratelimit: '"app";r=0;t=1', 'content-type': 'application/problem+json' });
    expect(refused.json()).toMatchObject({ code: 'too_many_requests', rate: { per_second: 50, burst: 100 }, retry_after_ms: 20 });
    stage.clock.advance(200);
    expect(await statuses(12, call)).toEqual({ 200: 10, 429: 2 });
    // Nobody else pays for it.
    expect((await stage.running.callAs('both', '/proxy/management/api/v2/x')).status).toBe(200);
    expect(stage.running.log).toContainEqual(expect.objectContaining({ event: 'proxy.call', app: 'dashboard', status: 429 }));
  });

  it('may read tokens without end', async () => {
    expect(await statuses(150, () => stage.running.callAs('report', '/v1/tokens/orders'))).toEqual({ 200: 150 });
  });

  it('is counted also where no rule allows the call', async () => {
    expect(await statuses(102, () => stage.running.callAs('dashboard', '/api/v2/users'))).toEqual({ 403: 100, 429: 2 });
  });
});

describe('an app with a rate', () => {
  it('is held to it in reads and calls together', async () => {
    await startWithRate();
    const read = () => stage.running.callAs('slow', '/v1/tokens/orders');
    expect(await statuses(2, read)).toEqual({ 200: 2 });
    expect((await stage.running.callAs('slow', '/api/v2/clients')).status).toBe(200);
    expect((await read()).json()).toMatchObject({ code: 'too_many_requests', retry_after_ms: 500 });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = `grant_type=client_credentials&client_id=slow&audience=urn:orders&client_secret=${stage.running.keys['slow']}`;
    const granted = () => stage.running.call('/oauth/token', { method: 'POST', headers: form, body });
    const refused = await granted();
    expect([refused.status, refused.json()['error'], refused.headers['retry-after']]).toEqual([429, 'too_many_requests', '1']);
    stage.clock.advance(500);
    expect((await granted()).status).toBe(200);
    expect((await read()).status).toBe(429);
  });
});

describe('the holder of a live token', () => {
  it('is held to the rate of calls too', async () => {
    const authorization = `Bearer ${await stage.liveToken()}`;
    const call = () => stage.running.call('/api/v2/any', { headers: { authorization } });
    expect(await statuses(102, call)).toEqual({ 200: 100, 429: 2 });
  });
});
