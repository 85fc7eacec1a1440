import type { Fetch, KeptToken, TokenKeeper } from '@evertoken/client';
import { issueTokens, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startGuardedApi } from './guarded-api.ts';
import { startLoopbackServer } from './loopback-server.ts';
import { aStage, heldBack, untilRequests, untilWaiting } from './stage.ts';

const stage = aStage();
let keeper: TokenKeeper;

beforeEach(() => {
  stage.endpoint.answer(issueTokens(3_600));
  keeper = stage.keeper();
});

describe('a rejected token', () => {
  it('is replaced once for a hundred callers who reject it at the same time', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => kept.reject(fingerprint)));
    expect(new Set(tokens.map((token) => token.accessToken))).toEqual(new Set(['token-2']));
    expect(stage.endpoint.requests).toHaveLength(2);
    expect(kept.status()).toMatchObject({ isSuspect: false, state: 'fresh' });
  });

  it('costs nothing when it is not the held one any more', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    expect((await kept.reject('0123456789abcdef')).accessToken).toBe('token-1');
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('is named by its fingerprint: who gives the token itself is told so, and the token is in no message', async () => {
    const kept = keeper.keep(stage.request);
    const token = await kept.get();
    for (const other of [token.accessToken, token, undefined]) {
      const failure: unknown = await kept.reject(other as string).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TypeError);
      expect(String(failure)).toContain('`fingerprint`');
      expect(String(failure)).not.toContain(token.accessToken);
    }
    expect(kept.status().isSuspect).toBe(false);
  });

  it('costs no more than a read where none is held', async () => {
    expect((await keeper.keep(stage.request).reject('0123456789abcdef')).accessToken).toBe('token-1');
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('is replaced though a caller’s need, not a timer, had it minted half a minute ago', async () => {
    const kept = stage.keeper({ schedule: 'on-access' }).keep(stage.request);
    const { fingerprint } = await kept.get();
    stage.clock.advance(30_000);
    expect((await kept.reject(fingerprint)).accessToken).toBe('token-2');
  });

  it('is still given to everybody else until its successor is there', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    stage.endpoint.answer(() => undefined);
    const reporter = kept.reject(fingerprint);
    expect(kept.status()).toMatchObject({ isSuspect: true, isMinting: true });
    expect((await kept.get()).fingerprint).toBe(fingerprint);
    await untilWaiting(kept);
    stage.clock.advance(10_000);
    expect((await reporter).fingerprint).toBe(fingerprint);
  });

  it('frees a reporter who gives up at once, and what he told stands', async () => {
    const issue = issueTokens(3_600);
    stage.endpoint.answer(issue);
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const { script, release } = heldBack(issue);
    stage.endpoint.answer(script);
    const told: string[] = [];
    keeper.on('minted', (minted) => told.push(minted.fingerprint));
    const caller = new AbortController();
    const reporter = kept.reject(fingerprint, { signal: caller.signal });
    await untilRequests(stage.endpoint, 2);
    caller.abort(new Error('enough'));
    await expect(reporter).rejects.toThrow('enough');
    expect(kept.status()).toMatchObject({ isSuspect: true, isMinting: true });
    release();
    await untilSettled(keeper);
    expect(told).toHaveLength(1);
    expect(kept.status()).toMatchObject({ isSuspect: false, mints: 2 });
  });

  it('is replaced though its reporter has given up before he told, and the issuer refuses', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    await expect(kept.reject(fingerprint, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    await untilSettled(keeper);
    expect(kept.status()).toMatchObject({ isSuspect: true, lastFailure: { code: 'invalid_client' } });
  });

  it('frees the caller of a fetch whose signal ends while another token is minted', async () => {
    const api = await startGuardedApi();
    onTestFinished(() => api.close());
    api.accept('nobody’s');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const caller = new AbortController();
    stage.endpoint.answer(() => caller.abort(new Error('enough')));
    await expect(kept.fetch(api.url, { signal: caller.signal })).rejects.toThrow('enough');
  });

  it('stays in use when no successor can be minted', async () => {
    const kept = keeper.keep(stage.request);
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    expect((await kept.reject(fingerprint)).fingerprint).toBe(fingerprint);
    expect((await kept.get()).fingerprint).toBe(fingerprint);
  });

  it('is not replaced over and over when the successors are rejected too', async () => {
    const kept = keeper.keep(stage.request);
    const hopeless: number[] = [];
    keeper.on('rejectedAfterMint', ({ refusedForMs }) => hopeless.push(refusedForMs));
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    await passTime(stage.clock, keeper, 600_000, async () => {
      const token = await kept.get();
      await kept.reject(token.fingerprint);
    });
    await untilSettled(keeper);
    // Ten minutes of nothing but rejections: one forced mint at once, the next only when the refusals of 1, 2 and 4 minutes let it.
    expect(stage.endpoint.requests.length).toBeLessThanOrEqual(5);
    expect(hopeless.slice(0, 2)).toEqual([60_000, 120_000]);
  });

  it('may be replaced again when rejected much later', async () => {
    const kept = keeper.keep(stage.request);
    const first = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const second = await kept.reject(first.fingerprint);
    await passTime(stage.clock, keeper, 600_000);
    const third = await kept.reject(second.fingerprint);
    expect([first, second, third].map((token) => token.accessToken)).toEqual(['token-1', 'token-2', 'token-3']);
  });
});

describe('fetch with a kept token', () => {
  /** An API that accepts `accepted` alone and tells what it saw. */
  async function anApi(accepted: string) {
    const api = await startGuardedApi();
    onTestFinished(() => api.close());
    api.accept(accepted);
    const seen = () => api.seen.map(({ authorization, body }) => ({ authorization, body }));
    return { url: `${api.url}/things`, seen, headers: api.headers };
  }

  it('carries the token and leaves the caller’s other headers alone', async () => {
    const api = await anApi('token-1');
    const response = await keeper.keep(stage.request).fetch(api.url, { headers: { authorization: 'Bearer stale', 'x-trace': '1' } });
    expect([response.status, await response.text()]).toEqual([200, '{"welcome":true}']);
    expect(api.headers).toMatchObject([{ authorization: 'Bearer token-1', 'x-trace': '1' }]);
  });

  it('sends the request once more, with another token, when the first is rejected', async () => {
    const api = await anApi('token-2');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const response = await kept.fetch(api.url, { method: 'POST', body: 'order' });
    expect(response.status).toBe(200);
    expect(api.seen()).toEqual([
      { authorization: 'Bearer token-1', body: 'order' },
      { authorization: 'Bearer token-2', body: 'order' },
    ]);
  });

  it('passes the 401 on when the new token is rejected too, after one replay', async () => {
    const api = await anApi('never');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    expect((await kept.fetch(api.url)).status).toBe(401);
    expect(await (await kept.fetch(api.url)).text()).toBe('{"message":"who are you?"}');
    expect(api.seen().map((request) => request.authorization)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it.each<[string, () => RequestInit['body']]>([
    ['a long text', () => 'x'.repeat(65_537)],
    ['a stream', () => new Blob(['order']).stream()],
    [
      'a form with a file',
      () => {
        const form = new FormData();
        form.set('file', new Blob(['order']), 'order.txt');
        return form;
      },
    ],
  ])('does not replay %s, but has the token replaced for whoever comes next', async (_what, body) => {
    const api = await anApi('token-2');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const post = () => kept.fetch(api.url, { method: 'POST', body: body() ?? null, duplex: 'half' } as RequestInit);
    expect((await post()).status).toBe(401);
    expect(kept.peek()?.accessToken).toBe('token-2');
    expect((await post()).status).toBe(200);
    expect(api.seen().map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes the 401 of another origin, to which it was redirected without the token, for no rejection', async () => {
    const other = await anApi('nobody’s');
    const api = await startLoopbackServer((_request, response) => void response.writeHead(302, { location: other.url }).end());
    onTestFinished(() => api.close());
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    expect((await kept.fetch(api.origin)).status).toBe(401);
    expect(other.seen().map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(stage.endpoint.requests).toHaveLength(1);
    expect(kept.status().isSuspect).toBe(false);
  });

  it('takes a Request, whose short body is sent again, and works as a value of its own', async () => {
    const api = await anApi('token-2');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const send: typeof globalThis.fetch = kept.fetch;
    const request = new Request(api.url, { method: 'POST', body: '{"item":"tea"}', headers: { 'x-trace': '1', 'content-type': 'text/x' } });
    expect((await send(request)).status).toBe(200);
    expect(api.seen()).toEqual([
      { authorization: 'Bearer token-1', body: '{"item":"tea"}' },
      { authorization: 'Bearer token-2', body: '{"item":"tea"}' },
    ]);
    expect(api.headers).toMatchObject(Array(2).fill({ 'x-trace': '1', 'content-type': 'text/x', 'content-length': '14' }));
  });

  it.each<[string, (kept: KeptToken, request: Request, signal: AbortSignal) => Promise<Response>, boolean]>([
    ['its own signal', (kept, request) => kept.fetch(request), true],
    ['the signal of the options', (kept, request, signal) => kept.fetch(request, { signal }), false],
  ])('gives up with %s while it reads the body of a Request, and cancels that', async (_what, send, isOwn) => {
    const api = await anApi('token-1');
    const caller = new AbortController();
    const reason = new Error('enough');
    const cancelled: unknown[] = [];
    const body = new ReadableStream({ pull: () => caller.abort(reason), cancel: (why) => void cancelled.push(why) }, { highWaterMark: 0 });
    const init = { method: 'POST', body, duplex: 'half', signal: isOwn ? caller.signal : null };
    await expect(send(keeper.keep(stage.request), new Request(api.url, init as RequestInit), caller.signal)).rejects.toBe(reason);
    expect([cancelled, api.seen()]).toEqual([[reason], []]);
  });

  it('does not read the body of a Request that was given up before', async () => {
    const api = await anApi('token-1');
    const body = new ReadableStream({ pull: () => new Promise(() => undefined) }, { highWaterMark: 0 });
    const init = { method: 'POST', body, duplex: 'half', signal: AbortSignal.abort(new Error('before')) };
    await expect(keeper.keep(stage.request).fetch(new Request(api.url, init as RequestInit))).rejects.toThrow('before');
    expect(api.seen()).toEqual([]);
  });

  it('takes a Request with options over it', async () => {
    const api = await anApi('token-1');
    const request = new Request(api.url, { method: 'POST', body: 'tea', headers: { 'x-trace': '1' } });
    await keeper.keep(stage.request).fetch(request, { method: 'PUT', body: 'coffee', headers: { 'x-trace': '2' } });
    const same = new Request(api.url, { method: 'POST', body: 'milk', headers: { 'x-trace': '3' } });
    await keeper.keep(stage.request).fetch(same, { method: undefined, body: null } as unknown as RequestInit);
    expect(api.seen().map(({ body }) => body)).toEqual(['coffee', 'milk']);
    expect(api.headers).toMatchObject([{ 'x-trace': '2' }, { 'x-trace': '3' }]);
  });

  it('sends the long body of a Request whole, once', async () => {
    const api = await anApi('token-2');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const body = Array.from({ length: 40_000 }, (_, i) => `${i},`).join('');
    expect((await kept.fetch(new Request(api.url, { method: 'POST', body }))).status).toBe(401);
    expect(api.seen()).toEqual([{ authorization: 'Bearer token-1', body }]);
  });

  it.each(['http://api.example.com/', 'ftp://api.example.com/', 'http://127.0.0.1.example.com/'])('sends no token to %s', async (url) => {
    const asked: string[] = [];
    const fetch: Fetch = (asking, init) => {
      asked.push(asking);
      return globalThis.fetch(asking, init);
    };
    const kept = stage.keeper({ schedule: 'on-access', fetch }).keep(stage.request);
    await expect(kept.fetch(url)).rejects.toThrow(/^A token is not sent to /);
    expect(asked).toEqual([]);
  });
});
