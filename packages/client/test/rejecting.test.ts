import type { Fetch, TokenKeeper } from '@evertoken/client';
import { issueTokens, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startGuardedApi } from './guarded-api.ts';
import { aStage, untilWaiting } from './stage.ts';

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

  it('does not replay a body that cannot be sent again', async () => {
    const api = await anApi('token-2');
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    expect((await kept.fetch(api.url, { method: 'POST', body: 'x'.repeat(65_537) })).status).toBe(401);
    const stream = new Blob(['order']).stream();
    expect((await kept.fetch(api.url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)).status).toBe(401);
    expect(stage.endpoint.requests).toHaveLength(1);
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
