import { issueTokens, json, passTime, refuseWith } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests, untilWaiting } from './stage.ts';

const DAY = 86_400_000;
const stage = aStage();

describe('a kept token while its issuer is down', () => {
  it('is served through an outage shorter than the runway, and no caller notices', async () => {
    const keeper = stage.keeper({ random: () => 0.5 });
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 0.7 * DAY);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'maintenance'));
    await passTime(stage.clock, keeper, 5.5 * 3_600_000, async () => {
      await kept.get();
    });
    expect(kept.status().lastFailure?.count).toBeGreaterThan(1);
    stage.endpoint.answer(issueTokens(86_400));
    await passTime(stage.clock, keeper, 400_000);
    expect(kept.status()).toMatchObject({ state: 'fresh' });
    expect(kept.status().lastFailure).toBeUndefined();
  });

  it('tells callers a typed failure once it is expired, and recovers within 30 s of the issuer’s return', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'maintenance'));
    await passTime(stage.clock, keeper, 1.02 * DAY);
    const failure = await failureOf(kept.get());
    expect(failure).toMatchObject({ code: 'temporarily_unavailable', retryable: true, details: { status: 503 } });
    expect(failure.retryAfterMs).toBeLessThanOrEqual(30_000);
    stage.endpoint.answer(issueTokens(86_400));
    await passTime(stage.clock, keeper, 30_000);
    expect((await kept.get()).accessToken).toBe('token-1');
  });

  it.each([
    [404, {}],
    [403, {}],
    [204, {}],
    [302, { location: 'https://status.example.com/' }],
  ])('recovers within 30 s of the issuer’s return also where a proxy answered %i in its place for minutes', async (status, headers) => {
    stage.endpoint.answer((_request, response) => void response.writeHead(status, headers).end());
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await failureOf(kept.get());
    await passTime(stage.clock, keeper, 300_000);
    const failure = await failureOf(kept.get());
    expect(failure).toMatchObject({ retryable: true, details: { status } });
    expect(failure.message).toMatch(/in its place, such as a proxy in maintenance|a page of maintenance/);
    expect(stage.endpoint.requests.length).toBeLessThan(30);
    stage.endpoint.answer(issueTokens(86_400));
    await passTime(stage.clock, keeper, 30_000);
    expect((await kept.get()).accessToken).toBe('token-1');
  });

  it('tells a port where no TLS is spoken from a certificate that is not trusted, and tries again', async () => {
    const { port } = new URL(stage.endpoint.url);
    const failure = await failureOf(
      stage
        .keeper()
        .keep({ ...stage.request, tokenEndpoint: `https://127.0.0.1:${port}/token` })
        .get(),
    );
    expect(failure).toMatchObject({ code: 'network_error', retryable: true, details: { systemCode: expect.stringMatching(/^ERR_SSL_/) } });
    expect(failure.message).toContain('whether it is plain http that answers there');
    expect(failure.message).not.toContain('ertificate');
  });

  it('asks once a back-off step for two thousand cold callers, counted over a minute', async () => {
    stage.endpoint.answer(refuseWith(500, 'server_error', 'broken'));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    const storm = async () => {
      const failures = await Promise.all(Array.from({ length: 100 }, () => failureOf(kept.get())));
      expect(new Set(failures.map((failure) => failure.code))).toEqual(new Set(['server_error']));
    };
    await Promise.all(Array.from({ length: 20 }, storm));
    expect(stage.endpoint.requests).toHaveLength(1);
    await passTime(stage.clock, keeper, 60_000, storm);
    // With r = 0 the steps are 0.5, 1, 2, 4, 8, 15, 15 … s.
    expect(stage.endpoint.requests).toHaveLength(8);
  });

  it('leaves it alone for ever longer, up to a twentieth of the time for which callers can still be served', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper();
    const failures: [number, number][] = [];
    keeper.on('failed', ({ count, retryInMs }) => failures.push([count, retryInMs]));
    await keeper.keep(stage.request).get();
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await passTime(stage.clock, keeper, 2_700_000 + 63_500);
    // The eighth comes 63.5 s after the token was due: 900 s, less these and the safety margin of 10 s, are left.
    const doubling = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000].map((ms, i) => [i + 1, ms]);
    expect(failures).toEqual([...doubling, [8, (900_000 - 63_500 - 10_000) / 20]]);
  });

  it('leaves it alone for as long as Retry-After says', async () => {
    stage.endpoint.answer(refuseWith(429, 'too_many_requests', 'slow down', { 'retry-after': '120' }));
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    expect(await failureOf(kept.get())).toMatchObject({ code: 'too_many_requests', retryAfterMs: 120_000 });
    await passTime(stage.clock, keeper, 119_000);
    expect(stage.endpoint.requests).toHaveLength(1);
    await passTime(stage.clock, keeper, 1_000);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('remembers a permanent failure for 30 s, then a minute, while a held token is served', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.endpoint.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    await passTime(stage.clock, keeper, 0.75 * DAY);
    expect(stage.endpoint.requests).toHaveLength(2);
    expect((await kept.get()).accessToken).toBe('token-1');
    expect(kept.status().lastFailure).toMatchObject({ code: 'access_denied', retryable: false, count: 1 });
    await passTime(stage.clock, keeper, 29_999);
    expect(stage.endpoint.requests).toHaveLength(2);
    await passTime(stage.clock, keeper, 60_001);
    expect(stage.endpoint.requests).toHaveLength(4);
  });

  it('counts anew where a failure is of the other kind than the one before', async () => {
    const refusals = [refuseWith(503, 'temporarily_unavailable', 'down'), refuseWith(401, 'invalid_client', 'no')] as const;
    const kinds = [0, 0, 1, 1, 0] as const;
    stage.endpoint.answer((...asked) => refusals[kinds[stage.endpoint.requests.length - 1] ?? 0](...asked));
    const keeper = stage.keeper();
    const told: [code: string, count: number][] = [];
    keeper.on('failed', ({ code, count }) => told.push([code, count]));
    keeper.keep(stage.request);
    for (let steps = 0; told.length < kinds.length && steps < 600; steps += 1) await passTime(stage.clock, keeper, 500);
    expect(told).toEqual([
      ['temporarily_unavailable', 1],
      ['temporarily_unavailable', 2],
      ['invalid_client', 1],
      ['invalid_client', 2],
      ['temporarily_unavailable', 1],
    ]);
  });

  it('frees a caller with an urgent token who gives up, with his own reason', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const kept = stage.keeper({ schedule: 'on-access' }).keep(stage.request);
    await kept.get();
    stage.clock.advance(3_600_000 - 50_000);
    stage.endpoint.answer(() => undefined);
    const caller = new AbortController();
    const reading = kept.get({ signal: caller.signal });
    await untilWaiting(kept);
    caller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('lets a caller with an urgent token wait a little for a better one, then use what is held', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.endpoint.answer(() => undefined);
    stage.clock.suspend(DAY - 30_000);
    const caller = kept.get();
    await untilWaiting(kept);
    expect(kept.status().state).toBe('urgent');
    stage.clock.advance(2_000);
    expect((await caller).accessToken).toBe('token-1');
  });

  it.each([12_000, 11_000])(
    'lets a caller wait as for none where the urgent token ends within the short wait, with %i ms to live',
    async (ms) => {
      const keeper = stage.keeper();
      const kept = keeper.keep(stage.request);
      await kept.get();
      const { script, release } = heldBack((_request, response) =>
        json(response, 200, { access_token: 'late', token_type: 'Bearer', expires_in: 86_400 }),
      );
      stage.endpoint.answer(script);
      stage.clock.suspend(DAY - ms);
      const caller = kept.get();
      await untilRequests(stage.endpoint, 2);
      stage.clock.advance(4_600);
      release();
      expect((await caller).accessToken).toBe('late');
    },
  );

  it('gives up a mint that hangs after ten seconds, and the callers with it', async () => {
    stage.endpoint.answer(() => undefined);
    const kept = stage.keeper({ policy: { waitMs: 20_000 } }).keep(stage.request);
    const caller = failureOf(kept.get());
    await untilWaiting(kept);
    stage.clock.advance(10_000);
    expect(await caller).toMatchObject({ code: 'timeout', retryable: true });
  });

  it('frees callers after their patience though the mint goes on', async () => {
    stage.endpoint.answer(() => undefined);
    const kept = stage.keeper({ policy: { waitMs: 3_000 } }).keep(stage.request);
    const caller = failureOf(kept.get());
    await untilWaiting(kept);
    await untilRequests(stage.endpoint, 1);
    stage.clock.advance(3_000);
    expect(await caller).toMatchObject({
      code: 'wait_timeout',
      retryable: true,
      message: `No token for "https://orders.example.com" within 3000 ms: the request to ${stage.endpoint.url} began 3000 ms ago and has had no whole answer.`,
      details: { tokenEndpoint: stage.endpoint.url, clientId: 'worker' },
    });
    expect(kept.status().isMinting).toBe(true);
  });
});
