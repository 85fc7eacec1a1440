import type { KeptToken } from '@evertoken/client';
import { authorizationHeaders, createKeptTokenAuth, type TokenGiver, tokenSupplier } from '@evertoken/client/adapters';
import { passTime } from '@evertoken/testkit';
import { Octokit } from '@octokit/core';
import { ManagementClient } from 'auth0';
import { GraphQLClient } from 'graphql-request';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aGuardedApi, type GuardedApi } from './guarded-api.ts';
import { startLoopbackServer } from './loopback-server.ts';
import { aStage } from './stage.ts';

const stage = aStage();

/** A token kept long enough to be replaced when it is rejected. */
async function aKeptToken(): Promise<KeptToken> {
  const keeper = stage.keeper();
  const kept = keeper.keep(stage.request);
  await kept.get();
  await passTime(stage.clock, keeper, 60_000);
  return kept;
}

const tokensAt = (api: GuardedApi) => api.seen.map(({ authorization }) => authorization);

describe('node-auth0 with a kept token', () => {
  /** The SDK speaks https to a domain; the API of the test does not. */
  const sentTo = (api: GuardedApi): typeof fetch => {
    return (input, init) => fetch(new URL(new URL(String(input)).pathname, api.url), init);
  };

  it('asks for the token before each request', async () => {
    const api = await aGuardedApi({ welcome: { start: 0, limit: 50, total: 1, clients: [{ name: 'Default App', client_id: 'a' }] } });
    const kept = await aKeptToken();
    const management = new ManagementClient({ domain: 'acme.example.com', token: tokenSupplier(kept), fetch: sentTo(api) });
    const { data } = await management.clients.list();
    expect(data.map(({ name }) => name)).toEqual(['Default App']);
    api.accept('token-2');
    await kept.reject((await kept.get()).fingerprint);
    await management.clients.list();
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });
});

describe('graphql-request with a kept token', () => {
  const things = { welcome: { data: { things: ['tea'] } } };

  it('sends the header that is asked for before each request', async () => {
    const api = await aGuardedApi(things);
    const client = new GraphQLClient(api.url);
    const headers = authorizationHeaders(await aKeptToken());
    expect(await client.request('{ things }', {}, await headers())).toEqual({ things: ['tea'] });
    expect(tokensAt(api)).toEqual(['Bearer token-1']);
  });

  it('replays after a 401 where the kept token fetches for it', async () => {
    const api = await aGuardedApi(things);
    api.accept('token-2');
    const kept = await aKeptToken();
    const client = new GraphQLClient(api.url, { fetch: (url, init) => kept.fetch(String(url), init) });
    expect(await client.request('{ things }')).toEqual({ things: ['tea'] });
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(new Set(api.seen.map(({ body }) => body)).size).toBe(1);
  });
});

describe('Octokit with a kept token', () => {
  const anOctokit = (api: GuardedApi, kept: TokenGiver) => {
    return new Octokit({ baseUrl: api.url, authStrategy: createKeptTokenAuth, auth: { kept } });
  };

  it('authenticates requests and says how', async () => {
    const api = await aGuardedApi();
    const octokit = anOctokit(api, await aKeptToken());
    const { data } = await octokit.request('GET /things/{id}', { id: 7 });
    expect(data).toEqual({ welcome: true });
    expect(api.seen).toEqual([{ method: 'GET', path: '/things/7', authorization: 'Bearer token-1', body: '' }]);
    expect(await octokit.auth()).toEqual({ type: 'token', tokenType: 'oauth', token: 'token-1' });
  });

  it('sends a request once more, with another token, after a 401', async () => {
    const api = await aGuardedApi();
    api.accept('token-2');
    await anOctokit(api, await aKeptToken()).request('POST /orders', { item: 'tea' });
    expect(api.seen).toEqual([
      { method: 'POST', path: '/orders', authorization: 'Bearer token-1', body: '{"item":"tea"}' },
      { method: 'POST', path: '/orders', authorization: 'Bearer token-2', body: '{"item":"tea"}' },
    ]);
  });

  it('passes the 401 on after one replay when the other token is rejected too, and never replays with the same', async () => {
    const api = await aGuardedApi();
    api.accept('none of them');
    const octokit = anOctokit(api, await aKeptToken());
    await expect(octokit.request('GET /things')).rejects.toMatchObject({ status: 401 });
    await expect(octokit.request('GET /things')).rejects.toMatchObject({ status: 401 });
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes a 403 for an answer', async () => {
    const api = await aGuardedApi({ refusal: 403 });
    api.accept('token-2');
    await expect(anOctokit(api, await aKeptToken()).request('GET /things')).rejects.toMatchObject({ status: 403 });
    expect(tokensAt(api)).toEqual(['Bearer token-1']);
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it.each([
    ['a stream', () => new Blob(['order']).stream()],
    ['a long text', () => 'x'.repeat(65_537)],
    ['long JSON', () => ({ item: 'x'.repeat(65_537) })],
  ])('does not replay %s, but has the token replaced for whoever comes next', async (_what, body) => {
    const api = await aGuardedApi();
    api.accept('token-2');
    const octokit = anOctokit(api, await aKeptToken());
    await expect(octokit.request('POST /orders', { data: body() })).rejects.toMatchObject({ status: 401 });
    expect((await octokit.request('POST /orders', { data: body() })).status).toBe(200);
    expect(tokensAt(api)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('takes the 401 of another origin, to which it was redirected without the token, for no rejection', async () => {
    const other = await aGuardedApi();
    const server = await startLoopbackServer((_request, response) => void response.writeHead(302, { location: other.url }).end());
    onTestFinished(() => server.close());
    const kept = await aKeptToken();
    const octokit = new Octokit({ baseUrl: server.origin, authStrategy: createKeptTokenAuth, auth: { kept } });
    await expect(octokit.request('GET /things')).rejects.toMatchObject({ status: 401 });
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('gives up with the program, while it waits for the token and while it waits for another', async () => {
    const api = await aGuardedApi();
    api.accept('token-2');
    const kept = await aKeptToken();
    stage.endpoint.answer(() => undefined);
    const request = { signal: AbortSignal.timeout(50) };
    await expect(anOctokit(api, kept).request('GET /things', { request })).rejects.toMatchObject({ name: 'TimeoutError' });
    const cold = stage.keeper().keep(stage.request);
    const later = { signal: AbortSignal.timeout(50) };
    await expect(anOctokit(api, cold).request('GET /things', { request: later })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(tokensAt(api)).toEqual(['Bearer token-1']);
  });

  it.each(['http://api.example.com', 'ftp://api.example.com'])('sends no token to %s', async (baseUrl) => {
    const octokit = new Octokit({ baseUrl, authStrategy: createKeptTokenAuth, auth: { kept: await aKeptToken() } });
    await expect(octokit.request('GET /')).rejects.toThrow(/^A token is not sent to/);
  });
});
