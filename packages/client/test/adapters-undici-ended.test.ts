import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TokenGiver, tokenInterceptor } from '@evertoken/client/adapters';
import { nextTurn } from '@evertoken/testkit';
import { Agent, type Dispatcher, fetch, H2CClient, MockAgent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aGuardedApi } from './guarded-api.ts';

/** A giver of `token-1`, which gives `token-2` (or the same) a while after it was rejected: any answer that ends by itself has ended by then. */
function aGiver(other: 'token-1' | 'token-2' = 'token-2'): TokenGiver {
  const token = (accessToken: string) => ({ accessToken, authorization: `Bearer ${accessToken}`, fingerprint: accessToken });
  return {
    get: async () => token('token-1'),
    reject: async (_fingerprint, { signal } = {}) => {
      for (let turn = 0; turn < 50; turn += 1) await nextTurn();
      signal?.throwIfAborted();
      return token(other);
    },
  };
}

interface Guarded {
  readonly url: string;
  readonly agent: Dispatcher;
  readonly tokensSeen: () => (string | undefined)[];
}

async function overHttp1(): Promise<Guarded> {
  const api = await aGuardedApi();
  api.accept('token-2');
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return { url: api.url, agent, tokensSeen: () => api.seen.map(({ authorization }) => authorization) };
}

/** An API that speaks HTTP/2 alone and accepts `token-2`; `refusal` is the body of its 401. */
async function overHttp2(refusal: string | undefined): Promise<Guarded> {
  const seen: (string | undefined)[] = [];
  const sessions = new Set<Http2Session>();
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, { authorization, ':method': method }) => {
    seen.push(authorization);
    const isAccepted = authorization === 'Bearer token-2';
    const body = method === 'HEAD' ? undefined : isAccepted ? 'welcome' : refusal;
    stream.respond({ ':status': isAccepted ? 200 : 401 }, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ factory: (origin) => new H2CClient(origin) });
  onTestFinished(async () => {
    await agent.destroy();
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, agent, tokensSeen: () => seen };
}

/** The agent of a program's own tests, which answers on the spot. */
async function overMocks(): Promise<Guarded> {
  const url = 'https://orders.example.com';
  const seen: (string | undefined)[] = [];
  const agent = new MockAgent();
  agent.disableNetConnect();
  onTestFinished(() => agent.close());
  const answers = agent.get(url).intercept({ path: () => true, method: () => true });
  const replies = answers.reply(({ headers }) => {
    const names = headers as unknown as string[];
    const authorization = names[names.indexOf('authorization') + 1];
    seen.push(authorization);
    return authorization === 'Bearer token-2' ? { statusCode: 200, data: 'welcome' } : { statusCode: 401, data: 'no' };
  });
  replies.persist();
  return { url, agent, tokensSeen: () => seen };
}

describe.each<[string, 'GET' | 'HEAD', () => Promise<Guarded>, string]>([
  ['to HEAD', 'HEAD', overHttp1, ''],
  ['over HTTP/2, without a body', 'GET', () => overHttp2(undefined), ''],
  ['over HTTP/2, with a body', 'GET', () => overHttp2('no'), 'no'],
  ['over HTTP/2, to HEAD', 'HEAD', () => overHttp2(undefined), ''],
  ['of a MockAgent', 'GET', overMocks, 'no'],
])('undici with a kept token, after a 401 %s that has ended before another token is there', (_what, method, start, refusal) => {
  it('sends the request once more', async () => {
    const { url, agent, tokensSeen } = await start();
    const dispatcher = agent.compose(tokenInterceptor(aGiver(), { origins: [url] }));
    const { statusCode, body } = await request(url, { dispatcher, method });
    await body.dump();
    expect(statusCode).toBe(200);
    expect((await fetch(url, { dispatcher, method })).status).toBe(200);
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-1', 'Bearer token-2']);
  });

  it('passes the whole 401 on where there is no other token', async () => {
    const { url, agent, tokensSeen } = await start();
    const dispatcher = agent.compose(tokenInterceptor(aGiver('token-1'), { origins: [url] }));
    const { statusCode, body } = await request(url, { dispatcher, method });
    expect([statusCode, await body.text()]).toEqual([401, refusal]);
    const answer = await fetch(url, { dispatcher, method });
    expect([answer.status, await answer.text()]).toEqual([401, refusal]);
    expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-1']);
  });

  it('gives up with the program', async () => {
    const { url, agent, tokensSeen } = await start();
    const { get, reject } = aGiver();
    const caller = new AbortController();
    const giver: TokenGiver = {
      get,
      reject: (fingerprint, options) => {
        const waiting = reject(fingerprint, options);
        void nextTurn().then(() => caller.abort(new Error('enough')));
        return waiting;
      },
    };
    const dispatcher = agent.compose(tokenInterceptor(giver, { origins: [url] }));
    await expect(request(url, { dispatcher, method, signal: caller.signal })).rejects.toThrow('enough');
    expect(tokensSeen()).toEqual(['Bearer token-1']);
  });
});
