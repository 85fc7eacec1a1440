import type { ServerResponse } from 'node:http';
import { type Fetch, MemoryStore } from '@evertoken/client';
import { issueTokens, json, nextTurn, refuseWith, untilSettled } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startLoopbackServer } from './loopback-server.ts';
import { aStage, failureOf, heldBack, untilRequests } from './stage.ts';

const stage = aStage();

/** An issuer's metadata server; `answer` sees the path. */
async function anIssuer(
  answer: (path: string, response: ServerResponse, origin: string) => void,
): Promise<{ origin: string; paths: string[] }> {
  const paths: string[] = [];
  const { origin, close } = await startLoopbackServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request.url ?? '', response, origin);
  });
  onTestFinished(close);
  return { origin, paths };
}

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

const requestTo = (issuer: string) => {
  const { tokenEndpoint: _, ...request } = stage.request as { tokenEndpoint: string; clientId: string; clientSecret: string };
  return { ...request, issuer };
};

describe('an issuer known by its metadata', () => {
  it('is asked at the token endpoint that its metadata names (RFC 8414), which is read once an hour', async () => {
    const issuer = await anIssuer((_path, response, origin) =>
      json(response, 200, { issuer: `${origin}/realms/prod`, token_endpoint: stage.endpoint.url }),
    );
    stage.endpoint.answer(issueTokens(600));
    const kept = stage.keeper().keep(requestTo(`${issuer.origin}/realms/prod`));
    expect(kept.status().request).toMatchObject({ issuer: `${issuer.origin}/realms/prod`, tokenEndpoint: undefined });
    await kept.get();
    expect(kept.status().request.tokenEndpoint).toBe(stage.endpoint.url);
    stage.clock.suspend(3_599_000);
    await kept.get();
    expect(stage.endpoint.requests).toHaveLength(2);
    expect(issuer.paths).toEqual(['/.well-known/oauth-authorization-server/realms/prod']);
    // A sleeping machine's monotonic clock stands still, and the issuer may have moved.
    stage.clock.suspend(3_600_000);
    await kept.get();
    expect([stage.endpoint.requests.length, issuer.paths.length]).toEqual([3, 2]);
  });

  it('is asked where its metadata names it an hour later', async () => {
    let tokenEndpoint = 'https://login.example.com/former';
    const issuer = await anIssuer((_path, response, origin) => json(response, 200, { issuer: origin, token_endpoint: tokenEndpoint }));
    const asked: string[] = [];
    const fetch: Fetch = (url, init) => {
      if (init?.method === 'POST') asked.push(url);
      return globalThis.fetch(init?.method === 'POST' ? stage.endpoint.url : url, init);
    };
    stage.endpoint.answer(issueTokens(600));
    const keeper = stage.keeper({ schedule: 'on-access', fetch });
    const kept = keeper.keep(requestTo(issuer.origin));
    await kept.get();
    tokenEndpoint = 'https://login.example.com/latter';
    for (const minutes of [59, 11]) {
      stage.clock.advance(minutes * 60_000);
      await kept.get();
      await untilSettled(keeper);
    }
    expect(asked.map((url) => url.replace('https://login.example.com/', ''))).toEqual(['former', 'former', 'latter']);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['is refused', (response) => json(response, 503, {})],
    ['does not come', () => undefined],
  ])('is asked at the token endpoint that was known where its metadata %s an hour later, for a day', async (_what, answer) => {
    let isDown = false;
    const issuer = await anIssuer((_path, response, origin) =>
      isDown ? answer(response) : json(response, 200, { issuer: origin, token_endpoint: stage.endpoint.url }),
    );
    stage.endpoint.answer(issueTokens(600));
    const kept = stage.keeper({ schedule: 'on-access' }).keep(requestTo(issuer.origin));
    await kept.get();
    isDown = true;
    stage.clock.advance(86_399_000);
    const reading = kept.get();
    while (issuer.paths.length < 2) await nextTurn();
    stage.clock.advance(3_000);
    expect((await reading).accessToken).toBe('token-2');
    expect(stage.clock.timers).toBe(0);
    stage.clock.advance(600_000);
    const late = failureOf(kept.get());
    while (issuer.paths.length < 3) await nextTurn();
    stage.clock.advance(10_000);
    expect(['discovery_failed', 'timeout', 'wait_timeout']).toContain((await late).code);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('may serve OpenID Connect Discovery alone', async () => {
    const issuer = await anIssuer((path, response, origin) =>
      path.endsWith('openid-configuration')
        ? json(response, 200, { issuer: origin, token_endpoint: stage.endpoint.url })
        : json(response, 404, {}),
    );
    expect((await stage.keeper().keep(requestTo(issuer.origin)).get()).accessToken).toBe('token-1');
    expect(issuer.paths).toEqual(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']);
  });

  it.each<[string, boolean, (path: string, response: ServerResponse, origin: string) => void]>([
    [
      'another issuer',
      false,
      (_path, response) => json(response, 200, { issuer: 'https://evil.example.com', token_endpoint: stage.endpoint.url }),
    ],
    ['no token endpoint', false, (_path, response, origin) => json(response, 200, { issuer: origin })],
    [
      'a token endpoint that is not https',
      false,
      (_path, response, origin) => json(response, 200, { issuer: origin, token_endpoint: 'http://login.example.com/t' }),
    ],
    ['HTML', false, (_path, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['404 everywhere', false, (_path, response) => json(response, 404, {})],
    ['503', true, (_path, response) => json(response, 503, {})],
    [
      'ten megabytes',
      true,
      (_path, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('"'.padEnd(10_000_000, 'x')),
    ],
  ])('is not asked for a token when its metadata is %s', async (_what, retryable, answer) => {
    const issuer = await anIssuer(answer);
    const failure = await failureOf(stage.keeper().keep(requestTo(issuer.origin)).get());
    expect(failure).toMatchObject({ code: 'discovery_failed', retryable, details: { issuer: issuer.origin } });
    expect(stage.endpoint.requests).toHaveLength(0);
  });

  it('is not asked for a token when it cannot be reached for its metadata, and why is told', async () => {
    const issuer = await anIssuer((_path, response) => void response.destroy());
    const { origin } = issuer;
    const failure = await failureOf(stage.keeper().keep(requestTo(origin)).get());
    expect(failure).toMatchObject({ code: 'network_error', retryable: true, details: { issuer: origin, systemCode: 'UND_ERR_SOCKET' } });
    expect(issuer.paths).toHaveLength(1);
  });

  it('whose certificate is not trusted is told so for good, not for a failure that passes', async () => {
    const untrusted = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error(), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    });
    const keeper = stage.keeper({ fetch: () => Promise.reject(untrusted) });
    const failure = await failureOf(keeper.keep(requestTo('https://login.example.com')).get());
    expect(failure).toMatchObject({ code: 'tls_error', retryable: false, details: { systemCode: 'SELF_SIGNED_CERT_IN_CHAIN' } });
  });

  it('may have trouble with one address of its metadata and serve the other', async () => {
    const issuer = await anIssuer((path, response, origin) =>
      path.endsWith('openid-configuration')
        ? json(response, 200, { issuer: origin, token_endpoint: stage.endpoint.url })
        : json(response, 500, {}),
    );
    expect((await stage.keeper().keep(requestTo(issuer.origin)).get()).accessToken).toBe('token-1');
  });

  it('is asked for its metadata again where one address is in trouble and the other missing', async () => {
    const issuer = await anIssuer((path, response) => json(response, path.endsWith('openid-configuration') ? 404 : 503, {}));
    const failure = await failureOf(stage.keeper().keep(requestTo(issuer.origin)).get());
    expect(failure).toMatchObject({ code: 'discovery_failed', retryable: true, details: { status: 503 } });
  });

  it.each(['/relative', 'ftp://x', 'http://login.example.com', 'https://u:p@login.example.com', 'https://login.example.com?x=1'])(
    'is not %s',
    (issuer) => {
      expect(() => stage.keeper().keep(requestTo(issuer))).toThrow('`issuer`');
    },
  );
});

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
