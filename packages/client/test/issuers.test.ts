import type { ServerResponse } from 'node:http';
import type { Fetch } from '@evertoken/client';
import { issueTokens, json, nextTurn, passTime, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { anIssuer } from './an-issuer.ts';
import { aStage, failureOf } from './stage.ts';

const stage = aStage();

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

  it.each<[string, (response: ServerResponse) => void, string[]]>([
    ['is refused', (response) => json(response, 503, {}), ['discovery_failed']],
    ['does not come', () => undefined, ['timeout', 'wait_timeout']],
  ])('is asked at the token endpoint that was known where its metadata %s an hour later, for a day', async (_what, answer, codes) => {
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
    // The refusal comes by itself; silence has to be waited out.
    if (codes.includes('timeout')) {
      while (issuer.paths.length < 3) await nextTurn();
      stage.clock.advance(10_000);
    }
    expect(codes).toContain((await late).code);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it.each<[string, Record<string, string>]>([
    ['in seconds', { 'retry-after': '120' }],
    ['as a date', { 'retry-after': 'Fri, 02 Jan 2026 00:02:00 GMT', date: 'Fri, 02 Jan 2026 00:00:00 GMT' }],
  ])('is left alone for as long as the answer at its metadata asks %s, at the other address too', async (_how, headers) => {
    const issuer = await anIssuer((_path, response) => json(response, 503, {}, headers));
    const keeper = stage.keeper();
    const failure = await failureOf(keeper.keep(requestTo(issuer.origin)).get());
    expect(failure).toMatchObject({ code: 'discovery_failed', retryable: true, retryAfterMs: 120_000 });
    await passTime(stage.clock, keeper, 119_999);
    expect(issuer.paths).toHaveLength(1);
    await passTime(stage.clock, keeper, 1);
    expect(issuer.paths).toHaveLength(2);
  });

  it.each([408, 425, 429, 500, 503])('is asked for its metadata again where they are answered with %i', async (status) => {
    const issuer = await anIssuer((_path, response) => json(response, status, {}));
    const failure = await failureOf(stage.keeper().keep(requestTo(issuer.origin)).get());
    expect(failure).toMatchObject({ code: 'discovery_failed', retryable: true, details: { status } });
  });

  it('is asked at its own endpoint for client certificates by who has one (RFC 8705 §5), and by nobody else', async () => {
    const issuer = await anIssuer((_path, response, origin) =>
      json(response, 200, {
        issuer: origin,
        token_endpoint: 'https://login.example.com/token',
        mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example.com/token' },
      }),
    );
    const asked: string[] = [];
    const fetch: Fetch = (url, init) => {
      if (init?.method === 'POST') asked.push(url);
      return globalThis.fetch(init?.method === 'POST' ? stage.endpoint.url : url, init);
    };
    const keeper = stage.keeper({ fetch });
    const { clientSecret: _, ...request } = requestTo(issuer.origin);
    const certified = keeper.keep({ ...request, clientAuthentication: 'tls_client_auth' });
    await certified.get();
    await keeper.keep(requestTo(issuer.origin)).get();
    expect(asked).toEqual(['https://mtls.example.com/token', 'https://login.example.com/token']);
    expect(certified.status().request.tokenEndpoint).toBe('https://mtls.example.com/token');
  });

  it.each<[string, unknown]>([
    ['no endpoint for client certificates', {}],
    ['one of another kind alone', { mtls_endpoint_aliases: { revocation_endpoint: 'https://mtls.example.com/revoke' } }],
  ])('is asked at the ordinary one by a client with a certificate where it has %s', async (_what, more) => {
    const issuer = await anIssuer((_path, response, origin) =>
      json(response, 200, { issuer: origin, token_endpoint: stage.endpoint.url, ...(more as object) }),
    );
    const { clientSecret: _, ...request } = requestTo(issuer.origin);
    expect(
      (
        await stage
          .keeper()
          .keep({ ...request, clientAuthentication: 'tls_client_auth' })
          .get()
      ).accessToken,
    ).toBe('token-1');
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
    ['HTML', true, (_path, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['404 everywhere', true, (_path, response) => json(response, 404, {})],
    ['moved for good', false, (_path, response) => void response.writeHead(301, { location: 'https://login.example.com/' }).end()],
    [
      'missing at one address, and another issuer’s at the other',
      false,
      (path, response) =>
        path.endsWith('openid-configuration')
          ? json(response, 200, { issuer: 'https://evil.example.com', token_endpoint: stage.endpoint.url })
          : json(response, 404, {}),
    ],
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
