import { MemoryStore } from '@evertoken/client';
import { issueTokens, nextTurn, refuseWith, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests } from './stage.ts';

const stage = aStage();

/** Knows how many tokens were looked for in it. */
class CountingStore extends MemoryStore {
  #loads = 0;

  override async load(key: string): ReturnType<MemoryStore['load']> {
    const stored = await super.load(key);
    this.#loads += 1;
    return stored;
  }

  /** Ends when `count` tokens were looked for and who looked went on. */
  async untilLoaded(count: number): Promise<void> {
    for (let turn = 0; this.#loads < count; turn += 1) {
      if (turn > 100_000) throw new Error(`Only ${this.#loads} of ${count} tokens were looked for.`);
      await nextTurn();
    }
    await nextTurn();
  }
}

describe('an issuer in trouble', () => {
  it('gets one probe at a time after five failures, whose failure is the answer for all its tokens', async () => {
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    const store = new CountingStore();
    const keeper = stage.keeper({ policy: { issuerBurst: 100 }, store });
    const first = Array.from({ length: 5 }, (_, i) => failureOf(keeper.keep({ ...stage.request, audience: `urn:first-${i}` }).get()));
    await Promise.all(first);
    const { script, release } = heldBack(refuseWith(503, 'temporarily_unavailable', 'still down'));
    stage.endpoint.answer(script);
    const others = Array.from({ length: 20 }, (_, i) => failureOf(keeper.keep({ ...stage.request, audience: `urn:other-${i}` }).get()));
    await untilRequests(stage.endpoint, 6);
    // The store comes before the issuer's door: who has not come to the door when the probe fails is right to send the next one.
    await store.untilLoaded(25);
    release();
    const failures = await Promise.all(others);
    expect(new Set(failures.map((failure) => failure.code))).toEqual(new Set(['temporarily_unavailable']));
    expect(stage.endpoint.requests).toHaveLength(6);
  });

  it('tells nobody whose probe it was that failed', async () => {
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'client-0 is out of luck'));
    const keeper = stage.keeper({ policy: { issuerBurst: 5 } });
    const asClient = (i: number) => keeper.keep({ ...stage.request, clientId: `client-${i}`, audience: `urn:api-${i}` });
    const failures = await Promise.all(Array.from({ length: 20 }, (_, i) => failureOf(asClient(i).get())));
    expect(stage.endpoint.requests.length).toBeLessThan(20);
    for (const [i, { message, details, cause }] of failures.entries()) {
      expect(details).toMatchObject({
        clientId: `client-${i}`,
        audience: `urn:api-${i}`,
        status: 503,
        oauthError: 'temporarily_unavailable',
      });
      if (stage.endpoint.requests.some(({ form }) => form.get('client_id') === `client-${i}`)) continue;
      expect(message).toMatch(/is failing \(HTTP 503\); one request at a time/);
      expect(JSON.stringify([message, details, cause])).not.toContain('client-0');
    }
  });

  it('is asked for the tokens of other clients while the quota of one is used up, however long that one is to wait', async () => {
    const slowDown = refuseWith(429, 'too_many_requests', 'client quota', { 'retry-after': '3600' });
    const issue = issueTokens(600);
    stage.endpoint.answer((request, response) => (request.form.get('client_id') === 'greedy' ? slowDown : issue)(request, response));
    const keeper = stage.keeper();
    const greedy = Array.from({ length: 12 }, (_, i) =>
      failureOf(keeper.keep({ ...stage.request, clientId: 'greedy', audience: `urn:api-${i}` }).get()),
    );
    const modest = keeper.keep({ ...stage.request, clientId: 'modest' }).get();
    const failures = await Promise.all(greedy);
    // Those that were not sent are this client's too.
    expect(failures.filter(({ retryAfterMs = 0 }) => retryAfterMs >= 3_600_000)).toHaveLength(12);
    expect(stage.endpoint.requests.length).toBeLessThan(12);
    stage.clock.advance(200);
    expect((await modest).accessToken).toMatch(/^token-/);
  });

  it('is not asked for another token of a client within the time for which it asked that client to wait, and is asked then', async () => {
    stage.endpoint.answer(refuseWith(429, 'too_many_requests', 'Global limit has been reached', { 'retry-after': '60' }));
    const keeper = stage.keeper();
    const audience = (i: number, more = {}) => keeper.keep({ ...stage.request, audience: `urn:api-${i}`, ...more }).get();
    expect(await failureOf(audience(1))).toMatchObject({ code: 'too_many_requests', retryAfterMs: 60_000 });
    for (let i = 2; i <= 8; i += 1) {
      stage.clock.advance(500);
      const failure = await failureOf(audience(i));
      expect(failure).toMatchObject({ code: 'too_many_requests', details: { audience: `urn:api-${i}`, status: 429 } });
      expect(failure.retryAfterMs).toBeGreaterThanOrEqual(60_000 - (i - 1) * 500);
      expect(failure.retryAfterMs).toBeLessThan(61_000);
      expect(failure.message).toMatch(/asked client "worker" to wait \(HTTP 429\)/);
      expect(failure.message).not.toMatch(/Global limit|api-1"/);
    }
    expect(stage.endpoint.requests).toHaveLength(1);
    // Auth0 counts for each organization too.
    await failureOf(audience(1, { organization: 'org_1' }));
    await failureOf(audience(1, { clientId: 'other' }));
    expect(stage.endpoint.requests).toHaveLength(3);
    stage.endpoint.answer(issueTokens(600));
    stage.clock.advance(60_000);
    await untilSettled(keeper);
    expect((await audience(8)).accessToken).toMatch(/^token-/);
    expect(stage.endpoint.requests).toHaveLength(3 + 8 + 2);
  });

  it('is not taken for one where the source of a client’s secret hangs, and the other clients have their tokens', async () => {
    const keeper = stage.keeper({ policy: { waitMs: 20_000 } });
    let reads = 0;
    const clientSecret = () => {
      reads += 1;
      return new Promise<never>(() => undefined);
    };
    const hanging = keeper.keep({ ...stage.request, clientId: 'hanging', clientSecret });
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      while (reads < attempt) await nextTurn();
      stage.clock.advance(10_000);
      while (hanging.status().lastFailure?.count !== attempt) await nextTurn();
      expect(hanging.status().lastFailure).toMatchObject({ code: 'secret_unavailable' });
      stage.clock.advance(30_000);
    }
    while (reads < 7) await nextTurn();
    expect((await keeper.keep(stage.request).get()).accessToken).toBe('token-1');
  });

  it('is left alone by all for as long as it asks one of them where it is down', async () => {
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down', { 'retry-after': '120' }));
    const keeper = stage.keeper({ policy: { issuerBurst: 5 } });
    const kept = Array.from({ length: 12 }, (_, i) => keeper.keep({ ...stage.request, clientId: `client-${i}` }).get());
    expect((await Promise.all(kept.map(failureOf))).map(({ retryAfterMs }) => retryAfterMs)).toEqual(Array(12).fill(120_000));
    expect(stage.endpoint.requests.length).toBeLessThan(12);
  });

  it('is asked by all again once a probe succeeds', async () => {
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    const keeper = stage.keeper({ policy: { issuerBurst: 100 } });
    const kept = Array.from({ length: 8 }, (_, i) => keeper.keep({ ...stage.request, audience: `urn:api-${i}` }));
    await Promise.all(kept.map((one) => failureOf(one.get())));
    stage.endpoint.answer(issueTokens(600));
    stage.clock.advance(1_000);
    await untilSettled(keeper);
    expect(await Promise.all(kept.map((one) => one.get()))).toHaveLength(8);
  });
});
