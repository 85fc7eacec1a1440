import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import type { KeptToken } from '@evertoken/client';
import { authorizeAxios } from '@evertoken/client/adapters';
import { passTime } from '@evertoken/testkit';
import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aGuardedApi, type GuardedApi, type GuardedApiAnswers } from './guarded-api.ts';
import { startLoopbackServer } from './loopback-server.ts';
import { aStage, untilWaiting } from './stage.ts';

const stage = aStage();

/** A token kept long enough to be replaced when it is rejected. */
async function aTokenKeptForAMinute(): Promise<{ kept: KeptToken; later: () => Promise<void> }> {
  const keeper = stage.keeper();
  const kept = keeper.keep(stage.request);
  await kept.get();
  await passTime(stage.clock, keeper, 60_000);
  return { kept, later: () => passTime(stage.clock, keeper, 600_000) };
}

/** An axios instance with a kept token, and an API that accepts the second token alone. */
async function aRejectedToken(answers?: GuardedApiAnswers) {
  const api = await aGuardedApi(answers);
  api.accept('token-2');
  const { kept, later } = await aTokenKeptForAMinute();
  const instance = axios.create({ baseURL: api.url });
  authorizeAxios(instance, kept);
  return { api, kept, instance, later };
}

const tokensAt = (api: GuardedApi) => api.seen.map(({ authorization }) => authorization);

describe('axios with a kept token', () => {
  it('sends it in place of any other, with the caller’s own headers and parameters', async () => {
    const api = await aGuardedApi();
    const instance = axios.create({ baseURL: api.url, headers: { Authorization: 'Bearer stale' } });
    authorizeAxios(instance, stage.keeper().keep(stage.request));
    const { data } = await instance.get('/things', { params: { page: 2 }, headers: { authorization: 'Bearer older', 'x-trace': '1' } });
    expect(data).toEqual({ welcome: true });
    expect(api.seen).toEqual([{ method: 'GET', path: '/things?page=2', authorization: 'Bearer token-1', body: '' }]);
    expect(api.headers).toMatchObject([{ 'x-trace': '1' }]);
  });

  it.each(['http', 'fetch'] as const)('sends a request once more, with another token, after a 401 (adapter %s)', async (adapter) => {
    const { api, instance } = await aRejectedToken();
    const { status, data } = await instance.post('/orders', { item: 'tea' }, { adapter });
    expect([status, data]).toEqual([200, { welcome: true }]);
    expect(api.seen).toEqual([
      { method: 'POST', path: '/orders', authorization: 'Bearer token-1', body: '{"item":"tea"}' },
      { method: 'POST', path: '/orders', authorization: 'Bearer token-2', body: '{"item":"tea"}' },
    ]);
  });

  it('transforms body and answer once', async () => {
    const { api, kept } = await aRejectedToken();
    const instance = axios.create({
      baseURL: api.url,
      transformRequest: (data: string) => `<${data}>`,
      transformResponse: (data: string) => `[${data}]`,
    });
    authorizeAxios(instance, kept);
    expect((await instance.post('/orders', 'tea')).data).toBe('[{"welcome":true}]');
    expect(api.seen.map(({ body }) => body)).toEqual(['<tea>', '<tea>']);
  });

  it('sends it also where a program asks for no such header', async () => {
    const { api, instance } = await aRejectedToken();
    api.accept('token-1');
    await instance.get('/things', { headers: { Authorization: false } });
    expect(tokensAt(api)).toEqual(['Bearer token-1']);
  });

  it('passes the 401 on when no other token can be had', async () => {
    const { api, kept } = await aRejectedToken();
    const instance = axios.create({ baseURL: api.url });
    authorizeAxios(instance, { get: () => kept.get(), reject: () => Promise.reject(new Error('nothing is held')) });
    await expect(instance.get('/things')).rejects.toMatchObject({ status: 401 });
    expect(tokensAt(api)).toEqual(['Bearer token-1']);
  });

  it('lets go of the rejected answer’s stream and sends through the program’s own adapter', async () => {
    const { instance } = await aRejectedToken();
    const streams: Readable[] = [];
    const { data } = await instance.get('/things', {
      adapter: async (config) => {
        const stream = Readable.from(['answer']);
        streams.push(stream);
        const status = config.headers.get('authorization') === 'Bearer token-2' ? 200 : 401;
        const response = { data: stream, status, statusText: '', headers: {}, config };
        return status === 200 ? response : Promise.reject(new axios.AxiosError('refused', undefined, config, undefined, response));
      },
    });
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    expect(data).toBe(streams[1]);
  });

  it('does so too where 401 is no failure to the program', async () => {
    const { api, instance } = await aRejectedToken();
    expect((await instance.get('/things', { validateStatus: () => true })).status).toBe(200);
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('does so too where the answer is read as a stream', async () => {
    const { api, instance } = await aRejectedToken();
    const { data } = await instance.get<Readable>('/things', { responseType: 'stream' });
    expect(Buffer.concat(await data.toArray()).toString()).toBe('{"welcome":true}');
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it.each(['before', 'after'])('shows interceptors that were set %s it one request and one answer', async (when) => {
    const { api, kept } = await aRejectedToken();
    const instance = axios.create({ baseURL: api.url });
    let requests = 0;
    const eavesdrop = () => {
      instance.interceptors.request.use((config) => {
        requests += 1;
        return config;
      });
      instance.interceptors.response.use((response) => response.data);
    };
    if (when === 'before') eavesdrop();
    authorizeAxios(instance, kept);
    if (when === 'after') eavesdrop();
    expect(await instance.get('/things')).toEqual({ welcome: true });
    expect(requests).toBe(1);
  });

  it('passes the 401 on after one replay when the other token is rejected too, and never replays with the same', async () => {
    const { api, instance } = await aRejectedToken();
    api.accept('none of them');
    await expect(instance.get('/things')).rejects.toMatchObject({ status: 401, response: { data: { message: 'who are you?' } } });
    await expect(instance.get('/things')).rejects.toMatchObject({ status: 401 });
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes a 403 for an answer', async () => {
    const { api, instance } = await aRejectedToken({ refusal: 403 });
    await expect(instance.get('/things')).rejects.toMatchObject({ status: 403 });
    expect(tokensAt(api)).toEqual(['Bearer token-1']);
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it.each([
    ['a stream', () => Readable.from(['order'])],
    ['a long text', () => 'x'.repeat(65_537)],
  ])('does not replay %s, but has the token replaced for whoever comes next', async (_what, body) => {
    const { api, instance } = await aRejectedToken();
    await expect(instance.post('/orders', body())).rejects.toMatchObject({ status: 401 });
    expect((await instance.post('/orders', body())).status).toBe(200);
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes the 401 of another origin, to which it was redirected without the token, for no rejection', async () => {
    const other = await aGuardedApi();
    const server = await startLoopbackServer(
      (_request, response) => void response.writeHead(302, { location: other.url.replace('127.0.0.1', 'localhost') }).end(),
    );
    onTestFinished(() => server.close());
    const { instance } = await aRejectedToken();
    await expect(instance.get(server.origin)).rejects.toMatchObject({ status: 401 });
    expect(tokensAt(other)).toEqual([undefined]);
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it.each<[string, (instance: AxiosInstance) => Promise<unknown>, object]>([
    ['timeout', (instance) => instance.get('/things', { timeout: 20 }), { name: 'AxiosError', code: 'ECONNABORTED' }],
    ['signal', (instance) => instance.get('/things', { signal: AbortSignal.timeout(20) }), { name: 'CanceledError', code: 'ERR_CANCELED' }],
    [
      'cancel token',
      (instance) => {
        const { token, cancel } = axios.CancelToken.source();
        stage.endpoint.answer(() => cancel('enough'));
        return instance.get('/things', { cancelToken: token });
      },
      { name: 'CanceledError', code: 'ERR_CANCELED', message: 'enough' },
    ],
  ])('gives up with the program’s %s, while it waits for the token and while it waits for another', async (_what, send, error) => {
    const api = await aGuardedApi();
    stage.endpoint.answer(() => undefined);
    const cold = axios.create({ baseURL: api.url });
    authorizeAxios(cold, stage.keeper().keep(stage.request));
    await expect(send(cold)).rejects.toMatchObject(error);
    expect(api.seen).toEqual([]);
  });

  it('measures the program’s timeout with the clock that it is given', async () => {
    stage.endpoint.answer(() => undefined);
    const kept = stage.keeper().keep(stage.request);
    const instance = axios.create({ baseURL: (await aGuardedApi()).url });
    authorizeAxios(instance, kept, { clock: stage.clock });
    const failure = instance.get('/things', { timeout: 5_000 }).catch((error: unknown) => error);
    await untilWaiting(kept);
    stage.clock.advance(5_000);
    expect(await failure).toMatchObject({ name: 'AxiosError', code: 'ECONNABORTED' });
  });

  it('passes the 401 on where another token takes longer than the program’s timeout, and gives up with its signal', async () => {
    const { api, instance } = await aRejectedToken();
    stage.endpoint.answer(() => undefined);
    await expect(instance.get('/things', { timeout: 50 })).rejects.toMatchObject({ status: 401 });
    await expect(instance.get('/things', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'CanceledError' });
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-1']);
  });

  it('lets a program retry with the configuration of the error, one replay at most each time', async () => {
    const { api, instance, later } = await aRejectedToken();
    api.accept('none of them');
    const failure = await instance.post('/orders', { item: 'tea' }).catch((error: unknown) => error);
    if (!axios.isAxiosError(failure) || failure.config === undefined) throw new Error('An AxiosError was expected.');
    await later();
    await expect(instance.request(failure.config)).rejects.toMatchObject({ status: 401 });
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2', 'Bearer token-3']);
    api.accept('token-3');
    expect((await instance.request(failure.config)).data).toEqual({ welcome: true });
    expect(new Set(api.seen.map(({ body }) => body))).toEqual(new Set(['{"item":"tea"}']));
  });

  it('keeps the token out of the configuration of answers and errors', async () => {
    const { api, instance } = await aRejectedToken();
    const answer = await instance.get('/things');
    api.accept('none of them');
    const failure = await instance.get('/things').catch((error: unknown) => error);
    if (!axios.isAxiosError(failure)) throw new Error('An AxiosError was expected.');
    expect(JSON.stringify([answer.config, failure.toJSON(), failure.response?.config])).not.toContain('token-');
  });

  it.each(['http', 'fetch'] as const)(
    'shows the token in no printed answer or error, whose request can still be read (adapter %s)',
    async (adapter) => {
      const { api, instance } = await aRejectedToken();
      const broken = await startLoopbackServer((request) => void request.socket.destroy());
      onTestFinished(() => broken.close());
      const shown = (thing: unknown) => inspect(thing) + Object.entries(thing as object).map(([, value]) => inspect(value));
      const answer = await instance.get('/things', { adapter });
      const { data } = await instance.get('/things', { adapter, responseType: 'stream' });
      expect(inspect(data)).not.toContain('token-');
      api.accept('none of them');
      const refused = await instance.get('/things', { adapter }).catch((error: unknown) => error);
      const unanswered = await instance.get(broken.origin, { adapter }).catch((error: unknown) => error);
      if (!axios.isAxiosError(refused) || !axios.isAxiosError(unanswered)) throw new Error('An AxiosError was expected.');
      expect(shown(answer) + shown(refused) + shown(refused.response) + shown(unanswered)).not.toContain('token-');
      expect([answer.request, refused.request, refused.response?.request, unanswered.request]).not.toContain(undefined);
    },
  );

  it('passes on the answers and errors of an adapter of the program that may not be changed', async () => {
    const { api, instance } = await aRejectedToken();
    api.accept('none of them');
    const firm = (config: InternalAxiosRequestConfig, status: number) => {
      const request = Object.freeze({ path: '/things' });
      const response = { data: 'tea', status, statusText: '', headers: {}, config, request };
      return Object.defineProperty(response, 'request', { configurable: false });
    };
    const answer = await instance.get('/things', { adapter: async (config) => firm(config, 200) });
    expect([answer.status, answer.request]).toEqual([200, { path: '/things' }]);
    const adapter = (config: InternalAxiosRequestConfig) => {
      const response = firm(config, 418);
      return Promise.reject(Object.seal(new axios.AxiosError('refused', 'ERR_BAD_REQUEST', config, response.request, response)));
    };
    await expect(instance.get('/things', { adapter })).rejects.toMatchObject({ message: 'refused', response: { status: 418 } });
  });

  it('ends the wait for a token when the program gives up', async () => {
    stage.endpoint.answer(() => undefined);
    const api = await aGuardedApi();
    const instance = axios.create({ baseURL: api.url });
    authorizeAxios(instance, stage.keeper().keep(stage.request));
    const giveUp = new AbortController();
    const waiting = instance.get('/things', { signal: giveUp.signal });
    giveUp.abort();
    await expect(waiting).rejects.toSatisfy(axios.isCancel);
    expect(api.seen).toEqual([]);
  });

  it.each(['http://api.example.com/', 'ftp://api.example.com/', '/relative'])('sends no token to %s', async (url) => {
    const instance = axios.create();
    authorizeAxios(instance, stage.keeper().keep(stage.request));
    await expect(instance.get(url)).rejects.toThrow(/^A token is (not|sent)/);
  });

  it('sends no token after it was ended', async () => {
    const api = await aGuardedApi();
    const instance = axios.create({ baseURL: api.url });
    const end = authorizeAxios(instance, stage.keeper().keep(stage.request));
    end();
    await expect(instance.get('/things')).rejects.toMatchObject({ status: 401 });
    expect(tokensAt(api)).toEqual([undefined]);
  });
});
