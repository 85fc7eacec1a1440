import { ManualClock, refuseWith } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startRunningAgent } from './a-running-agent.ts';

const clock = new ManualClock();
let running: RunningAgent;
beforeAll(async () => {
  running = await startRunningAgent({ clock });
});
afterAll(() => running.close());

describe('GET /v1/tokens/NAME', () => {
  it('answers the live token with what is known of it', async () => {
    const answer = await running.callAs('report', '/v1/tokens/orders');
    expect(answer.status).toBe(200);
    const body = answer.json();
    expect(body).toEqual({
      access_token: expect.stringMatching(/^token-\d$/) as string,
      token_type: 'Bearer',
      expires_in: expect.any(Number) as number,
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      state: 'fresh',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['authorization']).toBe(`Bearer ${body['access_token']}`);
  });

  it('answers the bare token to who asks for text', async () => {
    const answer = await running.callAs('report', '/v1/tokens/orders', { headers: { accept: 'text/plain' } });
    expect(answer.text).toMatch(/^token-\d$/);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(
      (await running.callAs('report', '/v1/tokens/orders', { headers: { accept: 'application/json, text/plain' } })).json()['state'],
    ).toBe('fresh');
  });

  it('takes min_ttl in seconds, and nothing else', async () => {
    expect((await running.callAs('report', '/v1/tokens/orders?min_ttl=60')).status).toBe(200);
    for (const query of ['min_ttl=x', 'min_ttl=-1', 'min_ttl=1.5', 'min_ttl=', 'min_ttl=1&min_ttl=2']) {
      const answer = await running.callAs('report', `/v1/tokens/orders?${query}`);
      expect([answer.status, answer.json()['code']], query).toEqual([400, 'invalid_min_ttl']);
    }
  });

  it.each([
    ['no key', {}, 'missing_key'],
    ['an unknown key', { authorization: 'Bearer evk_unknown' }, 'unknown_key'],
    ['a live token', { authorization: 'Bearer token-1' }, 'unknown_key'],
    ['another scheme', { authorization: 'Basic cmVwb3J0Ong=' }, 'missing_key'],
  ])('refuses %s with 401', async (_what, headers, code) => {
    const answer = await running.call('/v1/tokens/orders', { headers });
    expect([answer.status, answer.json()['code']]).toEqual([401, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="evertoken"/);
    expect(answer.text).not.toContain('token-');
  });

  it('names the missing rule to an app that may only call', async () => {
    const answer = await running.callAs('dashboard', '/v1/tokens/management');
    expect([answer.status, answer.json()['code']]).toEqual([403, 'missing_rule']);
    expect(answer.json()['detail']).toContain('add `management` to `apps.dashboard.tokens`');
  });

  it('answers the same for a token of others and one that does not exist', async () => {
    const [others, none] = [await running.callAs('report', '/v1/tokens/secret'), await running.callAs('report', '/v1/tokens/none')];
    expect([others.status, others.text]).toEqual([404, none.text]);
    expect(none.status).toBe(404);
  });

  it('answers the same for a name of any length', async () => {
    const answer = await running.callAs('report', `/v1/tokens/${'a'.repeat(5_000)}`);
    expect([answer.status, answer.json()['code']]).toEqual([404, 'unknown_token']);
  });

  it('answers 503 with Retry-After and the step that mends it while none is held', async () => {
    const cold = await startRunningAgent({
      isReady: false,
      before: (issuer) => issuer.answer(refuseWith(401, 'access_denied', 'Unauthorized')),
    });
    try {
      const answer = await cold.callAs('report', '/v1/tokens/management');
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(1);
      expect(answer.json()).toMatchObject({
        code: 'temporarily_unavailable',
        cause: 'access_denied',
        error_id: expect.any(String) as string,
      });
      expect(answer.json()['detail']).toContain('tokens.management.client_secret in evertoken.yaml, line 3');
      const status = (await cold.callAs('report', '/v1/status')).json() as { tokens: Record<string, unknown>[] };
      expect(status.tokens[0]).toMatchObject({
        name: 'management',
        state: 'empty',
        is_usable: false,
        last_failure: { code: 'access_denied', retryable: false, message: expect.any(String) as string, attempts: 1 },
      });
      expect((await cold.call('/readyz')).json()).toMatchObject({
        ready: false,
        not_ready: ['management', 'orders', 'secret'],
        why: [{ token: 'management', code: 'access_denied', message: expect.any(String) as string, attempts: 1 }, {}, {}],
      });
      expect(cold.log).toContainEqual(expect.objectContaining({ event: 'token.mint_failed', token: 'management', attempts: 1 }));
      expect((await cold.call('/readyz')).status).toBe(503);
    } finally {
      await cold.close();
    }
  });
});

describe('POST /v1/tokens/NAME/reject', () => {
  function report(body: string, app = 'report', name = 'orders'): ReturnType<RunningAgent['callAs']> {
    return running.callAs(app, `/v1/tokens/${name}/reject`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }

  it('replaces the rejected token and answers its successor; a stale report changes nothing', async () => {
    const before = (await running.callAs('report', '/v1/tokens/orders')).json();
    // No two mints of one token are closer than 30 s, whatever is reported.
    clock.advance(31_000);
    const after = (await report(JSON.stringify({ fingerprint: before['fingerprint'] }))).json();
    expect(after['fingerprint']).not.toBe(before['fingerprint']);
    const asked = running.issuer.requests.length;
    const again = (await report(JSON.stringify({ fingerprint: before['fingerprint'] }))).json();
    expect(again['fingerprint']).toBe(after['fingerprint']);
    expect(running.issuer.requests).toHaveLength(asked);
  });

  it.each(['', '{}', '[]', 'null', '{"fingerprint":7}', '{"fingerprint":"xyz"}', '{'])('refuses the body %j', async (body) => {
    expect((await report(body)).status).toBe(400);
  });

  it('is for apps that may read the token', async () => {
    const body = JSON.stringify({ fingerprint: '0'.repeat(16) });
    expect((await report(body, 'dashboard', 'management')).status).toBe(403);
    expect((await report(body, 'report', 'secret')).status).toBe(404);
  });
});

describe('GET /v1/status', () => {
  it('tells an app of its own tokens alone, and no secret', async () => {
    const answer = await running.callAs('report', '/v1/status');
    const { app, tokens } = answer.json() as { app: string; tokens: Record<string, unknown>[] };
    expect(app).toBe('report');
    expect(tokens.map(({ name, may_read: mayRead }) => [name, mayRead])).toEqual([
      ['management', true],
      ['orders', true],
    ]);
    expect(tokens[0]).toMatchObject({
      state: 'fresh',
      is_usable: true,
      is_suspect: false,
      request: { client_id: 'm2m', token_endpoint: running.issuer.url },
      token: { fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string, remaining_seconds: expect.any(Number) as number },
      next_mint_at: expect.stringMatching(/Z$/) as string,
      last_mint: { from: 'issuer' },
      mints: 1,
      waiters: 0,
    });
    expect(answer.text).not.toMatch(/token-\d|s3cret|evk_/);
    expect((await running.callAs('dashboard', '/v1/status')).json()).toMatchObject({ tokens: [{ name: 'management', may_read: false }] });
  });

  it('needs a key', async () => {
    expect((await running.call('/v1/status')).status).toBe(401);
  });
});

describe('for whoever watches', () => {
  it('/healthz says alive and /readyz ready', async () => {
    expect((await running.call('/healthz')).json()).toEqual({ status: 'alive' });
    const ready = await running.call('/readyz');
    expect([ready.status, ready.json()]).toEqual([200, { ready: true, not_ready: [], why: [] }]);
  });

  it('/metrics counts mints, rejections and answers, and shows each token', async () => {
    const { text, headers } = await running.call('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      /^evertoken_mints_total\{token="management",outcome="minted"\} 1$/m,
      /^evertoken_mints_total\{token="orders",outcome="minted"\} 2$/m,
      /^evertoken_rejections_total\{token="orders"\} 1$/m,
      /^evertoken_token_remaining_seconds\{token="management"\} 86\d\d\d$/m,
      /^evertoken_token_runway_seconds\{token="management"\} 86\d\d\d$/m,
      /^evertoken_token_state\{token="management",state="fresh"\} 1$/m,
      /^evertoken_token_state\{token="management",state="empty"\} 0$/m,
      /^evertoken_token_waiters\{token="management"\} 0$/m,
      /^evertoken_answers_total\{door="token_api",status="200"\} \d+$/m,
      /^evertoken_answers_total\{door="token_api",status="401"\} \d+$/m,
      /^evertoken_build_info\{version="0\.0\.0-test"\} 1$/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(text).not.toMatch(/token-\d|s3cret|evk_/);
  });

  it('what is not there is 404', async () => {
    const answer = await running.call('/nothing');
    expect([answer.status, answer.json()['code']]).toEqual([404, 'not_found']);
  });
});
