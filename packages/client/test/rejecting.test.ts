import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenKeeper } from '@evertoken/client';
import { issueTokens, ManualClock, passTime, refuseWith, startTokenEndpoint, type TokenEndpoint, untilSettled } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let endpoint: TokenEndpoint;
let clock: ManualClock;
let keeper: TokenKeeper;
const aRequest = () => ({ tokenEndpoint: endpoint.url, clientId: 'worker', clientSecret: 's3cret' });

beforeEach(async () => {
  endpoint = await startTokenEndpoint({ expiresIn: 3_600 });
  clock = new ManualClock();
  keeper = new TokenKeeper({ clock, random: () => 0 });
});

afterEach(async () => {
  await keeper.close();
  await endpoint.close();
});

describe('a rejected token', () => {
  it('is replaced once for a hundred callers who reject it at the same time', async () => {
    const kept = keeper.keep(aRequest());
    const { fingerprint } = await kept.get();
    await passTime(clock, keeper, 60_000);
    const tokens = await Promise.all(Array.from({ length: 100 }, () => kept.reject(fingerprint)));
    expect(new Set(tokens.map((token) => token.accessToken))).toEqual(new Set(['token-2']));
    expect(endpoint.requests).toHaveLength(2);
    expect(kept.status()).toMatchObject({ isSuspect: false, state: 'fresh' });
  });

  it('costs nothing when it is not the held one any more', async () => {
    const kept = keeper.keep(aRequest());
    await kept.get();
    expect((await kept.reject('0123456789abcdef')).accessToken).toBe('token-1');
    expect(endpoint.requests).toHaveLength(1);
  });

  it('costs no more than a read where none is held', async () => {
    expect((await keeper.keep(aRequest()).reject('0123456789abcdef')).accessToken).toBe('token-1');
    expect(endpoint.requests).toHaveLength(1);
  });

  it('is replaced though a caller’s need, not a timer, had it minted half a minute ago', async () => {
    const onAccess = new TokenKeeper({ clock, random: () => 0, schedule: 'on-access' });
    const kept = onAccess.keep(aRequest());
    const { fingerprint } = await kept.get();
    clock.advance(30_000);
    expect((await kept.reject(fingerprint)).accessToken).toBe('token-2');
    await onAccess.close();
  });

  it('is still given to everybody else until its successor is there', async () => {
    const kept = keeper.keep(aRequest());
    const { fingerprint } = await kept.get();
    await passTime(clock, keeper, 60_000);
    endpoint.answer(() => undefined);
    const reporter = kept.reject(fingerprint);
    expect(kept.status()).toMatchObject({ isSuspect: true, isMinting: true });
    expect((await kept.get()).fingerprint).toBe(fingerprint);
    for (let turn = 0; kept.status().waiters === 0 && turn < 10_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10_000);
    expect((await reporter).fingerprint).toBe(fingerprint);
  });

  it('stays in use when no successor can be minted', async () => {
    const kept = keeper.keep(aRequest());
    const { fingerprint } = await kept.get();
    await passTime(clock, keeper, 60_000);
    endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    expect((await kept.reject(fingerprint)).fingerprint).toBe(fingerprint);
    expect((await kept.get()).fingerprint).toBe(fingerprint);
  });

  it('is not replaced over and over when the successors are rejected too', async () => {
    const kept = keeper.keep(aRequest());
    const hopeless: number[] = [];
    keeper.on('rejectedAfterMint', ({ refusedForMs }) => hopeless.push(refusedForMs));
    await kept.get();
    await passTime(clock, keeper, 60_000);
    await passTime(clock, keeper, 600_000, async () => {
      const token = await kept.get();
      await kept.reject(token.fingerprint);
    });
    await untilSettled(keeper);
    // Ten minutes of nothing but rejections: one forced mint at once, the next only when the refusals of 1, 2 and 4 minutes let it.
    expect(endpoint.requests.length).toBeLessThanOrEqual(5);
    expect(hopeless.slice(0, 2)).toEqual([60_000, 120_000]);
  });

  it('may be replaced again when rejected much later', async () => {
    const kept = keeper.keep(aRequest());
    const first = await kept.get();
    await passTime(clock, keeper, 60_000);
    const second = await kept.reject(first.fingerprint);
    await passTime(clock, keeper, 600_000);
    const third = await kept.reject(second.fingerprint);
    expect([first, second, third].map((token) => token.accessToken)).toEqual(['token-1', 'token-2', 'token-3']);
  });
});

describe('fetch with a kept token', () => {
  /** An API that accepts `accepted` alone and tells what it saw. */
  async function anApi(accepted: () => string) {
    const seen: { authorization: string | undefined; body: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({ authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() });
        const isAccepted = request.headers.authorization === `Bearer ${accepted()}`;
        response.writeHead(isAccepted ? 200 : 401).end(isAccepted ? 'welcome' : 'who are you?');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/things`, seen, close };
  }

  it('carries the token and leaves the caller’s other headers alone', async () => {
    const api = await anApi(() => 'token-1');
    try {
      const response = await keeper.keep(aRequest()).fetch(api.url, { headers: { authorization: 'Bearer stale', 'x-trace': '1' } });
      expect([response.status, await response.text()]).toEqual([200, 'welcome']);
      expect(api.seen).toEqual([{ authorization: 'Bearer token-1', body: '' }]);
    } finally {
      await api.close();
    }
  });

  it('sends the request once more, with another token, when the first is rejected', async () => {
    const api = await anApi(() => 'token-2');
    try {
      const kept = keeper.keep(aRequest());
      await kept.get();
      await passTime(clock, keeper, 60_000);
      const response = await kept.fetch(api.url, { method: 'POST', body: 'order' });
      expect(response.status).toBe(200);
      expect(api.seen).toEqual([
        { authorization: 'Bearer token-1', body: 'order' },
        { authorization: 'Bearer token-2', body: 'order' },
      ]);
    } finally {
      await api.close();
    }
  });

  it('passes the 401 on when the new token is rejected too, after one replay', async () => {
    const api = await anApi(() => 'never');
    try {
      const kept = keeper.keep(aRequest());
      await kept.get();
      await passTime(clock, keeper, 60_000);
      expect((await kept.fetch(api.url)).status).toBe(401);
      expect(await (await kept.fetch(api.url)).text()).toBe('who are you?');
      expect(api.seen.map((request) => request.authorization)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
      expect(endpoint.requests).toHaveLength(2);
    } finally {
      await api.close();
    }
  });

  it('does not replay a body that cannot be sent again', async () => {
    const api = await anApi(() => 'token-2');
    try {
      const kept = keeper.keep(aRequest());
      await kept.get();
      await passTime(clock, keeper, 60_000);
      expect((await kept.fetch(api.url, { method: 'POST', body: 'x'.repeat(65_537) })).status).toBe(401);
      const stream = new Blob(['order']).stream();
      expect((await kept.fetch(api.url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)).status).toBe(401);
      expect(endpoint.requests).toHaveLength(1);
    } finally {
      await api.close();
    }
  });

  it.each(['http://api.example.com/', 'ftp://api.example.com/', 'http://127.0.0.1.example.com/'])('sends no token to %s', async (url) => {
    endpoint.answer(issueTokens(60));
    await expect(keeper.keep(aRequest()).fetch(url)).rejects.toThrow(TypeError);
  });
});
