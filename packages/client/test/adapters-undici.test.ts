import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { tokenInterceptor } from '@evertoken/client/adapters';
import { passTime, refuseWith } from '@evertoken/testkit';
import { Agent, type Dispatcher, fetch, Pool, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aGuardedApi, type GuardedApiAnswers } from './guarded-api.ts';
import { aStage, failureOf, untilWaiting } from './stage.ts';

const stage = aStage();

/** A dispatcher that bears a token which is kept for a minute, and an API that accepts the second token alone. */
async function aRejectedToken(answers?: GuardedApiAnswers) {
  const api = await aGuardedApi(answers);
  api.accept('token-2');
  const keeper = stage.keeper();
  const kept = keeper.keep(stage.request);
  await kept.get();
  await passTime(stage.clock, keeper, 60_000);
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const tokensSeen = () => api.seen.map(({ authorization }) => authorization);
  return { api, kept, tokensSeen, dispatcher: agent.compose(tokenInterceptor(kept, { origins: [api.url] })) };
}

/** A request by the dispatcher's own interface, with a handler that asks for nothing. */
function sentBare(dispatcher: Dispatcher.ComposedDispatcher, origin: string) {
  const sending: { controller?: Dispatcher.DispatchController; status: Promise<number> } = { status: Promise.resolve(0) };
  sending.status = new Promise((resolve, reject) => {
    let status = 0;
    dispatcher.dispatch(
      { origin, path: '/', method: 'GET' },
      {
        onRequestStart: (controller) => {
          sending.controller = controller;
        },
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
  return sending;
}

describe('undici with a kept token', () => {
  it.each<[string, NonNullable<Dispatcher.DispatchOptions['headers']>]>([
    ['an object', { Authorization: 'Bearer stale', 'x-trace': '1' }],
    ['names and values in turn', ['Authorization', 'Bearer stale', 'x-trace', '1']],
    [
      'pairs',
      new Map([
        ['Authorization', 'Bearer stale'],
        ['x-trace', '1'],
      ]),
    ],
  ])('sends it in place of any other, and the other headers along with it, as %s', async (_what, headers) => {
    const { api, dispatcher } = await aRejectedToken();
    api.accept('token-1');
    const { statusCode, body } = await request(`${api.url}/things?page=2`, { dispatcher, headers });
    expect([statusCode, await body.json()]).toEqual([200, { welcome: true }]);
    expect(api.seen).toEqual([{ method: 'GET', path: '/things?page=2', authorization: 'Bearer token-1', body: '' }]);
    expect(api.headers).toMatchObject([{ 'x-trace': '1' }]);
  });

  it('sends a request once more, with another token, after a 401', async () => {
    const { api, dispatcher } = await aRejectedToken();
    const { statusCode, body } = await request(`${api.url}/orders`, { dispatcher, method: 'POST', body: 'tea' });
    expect([statusCode, await body.json()]).toEqual([200, { welcome: true }]);
    expect(api.seen).toEqual([
      { method: 'POST', path: '/orders', authorization: 'Bearer token-1', body: 'tea' },
      { method: 'POST', path: '/orders', authorization: 'Bearer token-2', body: 'tea' },
    ]);
  });

  it('does so too below fetch', async () => {
    const { api, dispatcher, tokensSeen } = await aRejectedToken();
    expect(await (await fetch(api.url, { dispatcher })).json()).toEqual({ welcome: true });
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('passes the 401 on after one replay when the other token is rejected too, and never replays with the same', async () => {
    const { api, dispatcher, tokensSeen } = await aRejectedToken();
    api.accept('none of them');
    for (let turn = 0; turn < 2; turn += 1) {
      const { statusCode, body } = await request(api.url, { dispatcher });
      expect([statusCode, await body.json()]).toEqual([401, { message: 'who are you?' }]);
    }
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes a 403 for an answer', async () => {
    const { api, dispatcher, tokensSeen } = await aRejectedToken({ refusal: 403 });
    const { statusCode, body } = await request(api.url, { dispatcher });
    await body.dump();
    expect(statusCode).toBe(403);
    expect(tokensSeen()).toEqual(['Bearer token-1']);
  });

  it.each([
    ['a stream', () => Readable.from(['order'])],
    ['a long text', () => 'x'.repeat(65_537)],
  ])('does not replay %s, but has the token replaced for whoever comes next', async (_what, order) => {
    const { api, dispatcher, tokensSeen } = await aRejectedToken();
    for (const status of [401, 200]) {
      const { statusCode, body } = await request(api.url, { dispatcher, method: 'POST', body: order() });
      await body.dump();
      expect(statusCode).toBe(status);
    }
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it.each<[string, () => { signal?: AbortSignal | EventEmitter; headersTimeout?: number }, object]>([
    ['signal', () => ({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' }],
    [
      'emitter',
      () => {
        const signal = new EventEmitter();
        stage.endpoint.answer(() => void signal.emit('abort'));
        return { signal };
      },
      { name: 'AbortError' },
    ],
    ['headersTimeout', () => ({ headersTimeout: 20 }), { name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT' }],
  ])('gives up with the program’s %s while it waits for the token', async (_what, options, error) => {
    const api = await aGuardedApi();
    stage.endpoint.answer(() => undefined);
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const dispatcher = agent.compose(tokenInterceptor(stage.keeper().keep(stage.request), { origins: [api.url] }));
    await expect(request(api.url, { dispatcher, ...options() })).rejects.toMatchObject(error);
    expect(api.seen).toEqual([]);
  });

  it('measures headersTimeout with the clock that it is given', async () => {
    stage.endpoint.answer(() => undefined);
    const kept = stage.keeper().keep(stage.request);
    const { url } = await aGuardedApi();
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const dispatcher = agent.compose(tokenInterceptor(kept, { origins: [url], clock: stage.clock }));
    const failure = request(url, { dispatcher, headersTimeout: 5_000 }).catch((error: unknown) => error);
    await untilWaiting(kept);
    stage.clock.advance(5_000);
    expect(await failure).toMatchObject({ name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  it('passes the 401 on where another token takes longer than headersTimeout, and gives up with the signal', async () => {
    const { api, dispatcher, tokensSeen } = await aRejectedToken();
    stage.endpoint.answer(() => undefined);
    const { statusCode, body } = await request(api.url, { dispatcher, headersTimeout: 50 });
    await body.dump();
    expect(statusCode).toBe(401);
    await expect(request(api.url, { dispatcher, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-1']);
  });

  it('gives up with the program while it waits for another token', async () => {
    const { api, dispatcher, kept, tokensSeen } = await aRejectedToken();
    const sending = sentBare(dispatcher, api.url);
    stage.endpoint.answer((_request, response) => {
      sending.controller?.abort(new Error('given up'));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'token-2', token_type: 'Bearer', expires_in: 3_600 }));
    });
    await expect(sending.status).rejects.toThrow('given up');
    await expect.poll(() => kept.peek()?.accessToken).toBe('token-2');
    await expect(sentBare(dispatcher, api.url).status).resolves.toBe(200);
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('lets a 401 that it passes on flow again', async () => {
    const { api, dispatcher } = await aRejectedToken();
    api.accept('none of them');
    await expect(sentBare(dispatcher, api.url).status).resolves.toBe(401);
    await expect(sentBare(dispatcher, api.url).status).resolves.toBe(401);
  });

  it('sends requests to other origins as they are', async () => {
    const { dispatcher } = await aRejectedToken();
    const other = await aGuardedApi();
    const { statusCode, body } = await request(other.url, { dispatcher });
    await body.dump();
    expect([statusCode, other.seen.map(({ authorization }) => authorization)]).toEqual([401, [undefined]]);
  });

  it('sends none through a pool, which does not tell where to', async () => {
    const { api, kept } = await aRejectedToken();
    const pool = new Pool(api.url);
    onTestFinished(() => pool.destroy());
    const dispatcher = pool.compose(tokenInterceptor(kept, { origins: [api.url] }));
    await expect(dispatcher.request({ path: '/', method: 'GET' })).rejects.toThrow(/^A token is sent to an absolute URL only/);
    expect(api.seen).toEqual([]);
  });

  it('fails with why there is no token', async () => {
    const api = await aGuardedApi();
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no such client'));
    const kept = stage.keeper().keep(stage.request);
    await failureOf(kept.get());
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const dispatcher = agent.compose(tokenInterceptor(kept, { origins: [api.url] }));
    await expect(request(api.url, { dispatcher })).rejects.toMatchObject({ name: 'TokenError', code: 'invalid_client' });
  });

  it.each(['http://api.example.com', 'ftp://api.example.com', 'orders'])('takes no origin such as %s', (origin) => {
    const kept = stage.keeper().keep(stage.request);
    expect(() => tokenInterceptor(kept, { origins: [origin] })).toThrow(TypeError);
  });
});
