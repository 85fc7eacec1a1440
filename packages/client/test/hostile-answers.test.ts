import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { AccessToken, isTokenError, type TokenRequest } from '@evertoken/client';
import { nextTurn, type SeenRequest } from '@evertoken/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, untilRequests } from './stage.ts';

const SECRET = 's3cret';
const stage = aStage();

describe('an issuer that does not come to an end', () => {
  it('is cut off when its answer is longer than any token answer', async () => {
    let ended: Promise<unknown> | undefined;
    stage.endpoint.answer((_request, response) => {
      ended = once(response, 'close');
      response.writeHead(200, { 'content-type': 'application/json' });
      const pour = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await failureOf(stage.keeper().keep(stage.request).get())).toMatchObject({ code: 'invalid_response', retryable: true });
    // Its connection ends; nothing more of it is read.
    await ended;
  });

  it.each<[string, (response: import('node:http').ServerResponse) => void]>([
    ['says nothing', () => undefined],
    ['drips its head', (response) => void response.socket?.write('HTTP/1.1 200 OK\r\ncontent-')],
    ['drips its body', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"access_')],
    [
      'never ends its body',
      (response) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .write('{"access_token":"t","token_type":"Bearer","expires_in":60}'),
    ],
  ])('is given up after ten seconds when it %s', async (_what, answer) => {
    stage.endpoint.answer((_request, response) => answer(response));
    const kept = stage.keeper({ policy: { waitMs: 60_000 } }).keep(stage.request);
    const failure = failureOf(kept.get());
    await untilRequests(stage.endpoint, 1);
    stage.clock.advance(9_999);
    await nextTurn();
    expect(kept.status().isMinting).toBe(true);
    stage.clock.advance(1);
    expect(await failure).toMatchObject({ code: 'timeout', retryable: true });
  });
});

describe('an issuer whose refusal does not come to an end', () => {
  it.each<[string, (response: import('node:http').ServerResponse) => void]>([
    ['is longer than any answer', (response) => void response.end('x'.repeat(1_100_000))],
    ['is cut off', (response) => void response.write('x', () => response.destroy())],
  ])('is taken at its head where the rest %s', async (_what, rest) => {
    stage.endpoint.answer((_request, response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '120', 'content-length': '1100000' });
      rest(response);
    });
    const failure = await failureOf(stage.keeper().keep(stage.request).get());
    expect(failure).toMatchObject({ code: 'too_many_requests', retryable: true, retryAfterMs: 120_000, details: { status: 429 } });
  });
});

describe('an issuer that echoes what it was sent', () => {
  const secret = 'a+b/c==ü "x" 5%';
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const forms = [secret, new URLSearchParams({ s: secret }).toString().slice(2), encodeURIComponent(secret)];
  const basic = (id: string) => btoa(`${id}:${forms[1]}`);

  it.each<[string, Partial<TokenRequest>, (request: SeenRequest) => string]>([
    ['the body', { clientSecret: secret }, ({ form }) => form.toString()],
    ['the secret', { clientSecret: secret }, ({ form }) => `secret ${form.get('client_secret')} is wrong`],
    ['the secret percent-encoded', { clientSecret: secret }, ({ form }) => encodeURIComponent(form.get('client_secret') ?? '')],
    ['the header', { clientSecret: secret, clientAuthentication: 'client_secret_basic' }, ({ headers }) => headers.authorization ?? ''],
    ['the assertion', { privateKey: { key } }, ({ form }) => form.get('client_assertion') ?? ''],
    ['the beginning of the assertion', { privateKey: { key } }, ({ form }) => form.get('client_assertion')?.slice(0, 60) ?? ''],
    ['the signature', { privateKey: { key } }, ({ form }) => form.get('client_assertion')?.split('.')[2] ?? ''],
  ])('does not have %s shown, in the error or an event', async (_what, credential, echo) => {
    const sent: string[] = [];
    stage.endpoint.answer((request, response) => {
      const assertion = request.form.get('client_assertion');
      if (assertion !== null) sent.push(...assertion.split('.').slice(1), assertion.slice(0, 60));
      const body = JSON.stringify({ error: `no ${echo(request)}`, error_description: `You sent ${echo(request)}` });
      response.writeHead(400, { 'content-type': 'application/json' }).end(body);
    });
    const { clientSecret: _, ...request } = stage.request;
    const keeper = stage.keeper();
    const told: unknown[] = [];
    keeper.on('failed', (failed) => told.push(failed));
    const failure = await failureOf(keeper.keep({ ...request, ...credential }).get());
    const shown = inspect([failure, told], { depth: 9 });
    expect(shown).toContain('You sent ');
    for (const text of [...forms, basic('worker'), ...sent]) expect(shown).not.toContain(text);
  });
});

/** Anything that a server, a proxy or a login page in between may send. */
const anAnswer = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 408, 425, 429, 500, 503, 599),
  type: fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/html', 'application/problem+json', '', 'garbage'),
  headers: fc.dictionary(
    fc.constantFrom('retry-after', 'date', 'x-ratelimit-reset', 'www-authenticate', 'auth0-client-quota-limit', 'location'),
    fc.stringMatching(/^[\x21-\x7e]{0,30}$/),
  ),
  body: fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.json(),
    fc
      .record({
        access_token: fc.stringMatching(/^[!-~]{1,40}$/),
        token_type: fc.constant('bearer'),
        expires_in: fc.oneof(fc.nat(), fc.nat().map(String)),
      })
      .map((body) => JSON.stringify(body)),
    fc.constant(JSON.stringify({ error: 'invalid_client', error_description: `secret ${SECRET} is wrong` })),
    fc
      .record(
        {
          access_token: fc.oneof(fc.string(), fc.jsonValue()),
          token_type: fc.oneof(fc.constant('Bearer'), fc.jsonValue()),
          expires_in: fc.jsonValue(),
          scope: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((body) => JSON.stringify(body)),
    fc.record({ error: fc.jsonValue(), error_description: fc.jsonValue() }).map((body) => JSON.stringify(body)),
  ),
});

describe('whatever an issuer answers', () => {
  it('is a token with a life and a printable value, or a typed failure that shows no secret and tells when to come again', async () => {
    let tokens = 0;
    await fc.assert(
      fc.asyncProperty(anAnswer, async ({ status, type, headers, body }) => {
        const fetch = () =>
          Promise.resolve(new Response(status === 204 ? null : body, { status, headers: { ...headers, 'content-type': type } }));
        const keeper = stage.keeper({ fetch });
        const outcome: unknown = await keeper
          .keep({ domain: 'acme.example.com', clientId: 'worker', clientSecret: SECRET })
          .get()
          .catch((error: unknown) => error);
        await keeper.close();
        if (outcome instanceof AccessToken) {
          tokens += 1;
          expect(outcome.accessToken).toMatch(/^[\x21-\x7e]+$/);
          expect(outcome.remainingMs).toBeGreaterThan(0);
          expect(outcome.lifetimeMs).toBeLessThanOrEqual(400 * 86_400_000);
          return;
        }
        expect(isTokenError(outcome), inspect(outcome)).toBe(true);
        expect(inspect(outcome, { depth: 9, showHidden: true })).not.toContain(SECRET);
        expect((outcome as { retryAfterMs: number }).retryAfterMs).toBeGreaterThanOrEqual(500);
      }),
      { numRuns: 400 },
    );
    // The answers are not all refused for the same dull reason.
    expect(tokens).toBeGreaterThan(0);
  });
});

describe('whatever a program writes for a request', () => {
  it('is kept, or refused at once with a TypeError that names the option', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('acme.example.com', 'https://acme.example.com/'),
      fc.jsonValue(),
      fc.constant(undefined),
      fc.constant(() => SECRET),
    );
    const names = [
      'domain',
      'issuer',
      'tokenEndpoint',
      'clientId',
      'clientSecret',
      'privateKey',
      'clientAuthentication',
      'audience',
      'resource',
      'scope',
      'organization',
      'parameters',
      'dpop',
    ];
    const keeper = stage.keeper({ schedule: 'on-access' });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true }), (request) => {
        try {
          keeper.keep(request as never, { isDeclared: false });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect((error as Error).message).toMatch(/`\w+/);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
