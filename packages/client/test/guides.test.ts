import { readFileSync } from 'node:fs';
import { TokenKeeper } from '@evertoken/client';
import { authorizationHeaders, authorizeAxios, createKeptTokenAuth, tokenInterceptor, tokenSupplier } from '@evertoken/client/adapters';
import { instrument } from '@evertoken/client/opentelemetry';
import { Octokit } from '@octokit/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { ManagementClient } from 'auth0';
import axios from 'axios';
import { GraphQLClient } from 'graphql-request';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGuardedApi } from './guarded-api.ts';
import { aStage } from './stage.ts';

const stage = aStage();

async function anApi(welcome: unknown) {
  const api = await startGuardedApi({ welcome });
  onTestFinished(() => api.close());
  return api;
}

describe('the guide to SDKs', () => {
  it('keeps a token', async () => {
    const [clientId, clientSecret] = ['worker', 's3cret'];
    const keeper = new TokenKeeper();
    const kept = keeper.keep({ domain: 'acme.eu.auth0.com', clientId, clientSecret });
    await keeper.close();
    expect(kept.status().request).toMatchObject({ clientId, audience: 'https://acme.eu.auth0.com/api/v2/' });
  });

  it('gives it to node-auth0', async () => {
    const domain = 'acme.example.com';
    const api = await anApi({ start: 0, limit: 50, total: 1, clients: [{ name: 'Default App' }] });
    // The SDK speaks https to a domain; the API of the test does not.
    const elsewhere = (url: string) => (url.startsWith(`https://${domain}/`) ? new URL(new URL(url).pathname, api.url) : url);
    const kept = stage.keeper({ fetch: (url, init) => fetch(elsewhere(url), init) }).keep(stage.request);
    const management = new ManagementClient({ domain, token: tokenSupplier(kept) });
    const careful = new ManagementClient({ domain, token: tokenSupplier(kept), fetch: kept.fetch });
    const clients = await careful.clients.list();
    expect(management).toBeInstanceOf(ManagementClient);
    expect(clients.data).toMatchObject([{ name: 'Default App' }]);
  });

  it('gives it to axios', async () => {
    const { url: baseURL } = await anApi(['tea']);
    const kept = stage.keeper().keep(stage.request);
    const orders = axios.create({ baseURL });
    const end = authorizeAxios(orders, kept);
    const { data } = await orders.get('/orders');
    expect(data).toEqual(['tea']);
    end();
    await expect(orders.get('/orders')).rejects.toMatchObject({ status: 401 });
  });

  it('gives it to graphql-request', async () => {
    const { url } = await anApi({ data: { orders: ['tea'] } });
    const kept = stage.keeper().keep(stage.request);
    const graphql = new GraphQLClient(url, { fetch: kept.fetch });
    const answer = await graphql.request('{ orders }');
    const headers = authorizationHeaders(kept);
    const same = await new GraphQLClient(url).request('{ orders }', {}, await headers());
    expect([answer, same]).toEqual([{ orders: ['tea'] }, { orders: ['tea'] }]);
  });

  it('gives it to Octokit', async () => {
    const { url: baseUrl } = await anApi(['tea']);
    const kept = stage.keeper().keep(stage.request);
    const octokit = new Octokit({ baseUrl, authStrategy: createKeptTokenAuth, auth: { kept } });
    const things = await octokit.request('GET /things');
    expect(things.data).toEqual(['tea']);
  });

  it('gives it to undici, for its own API alone', async () => {
    const { url } = await anApi(['tea']);
    const kept = stage.keeper().keep(stage.request);
    const dispatcher = new Agent().compose(tokenInterceptor(kept, { origins: ['https://orders.example.com'] }));
    const teas = await request(url, { dispatcher });
    await teas.body.dump();
    await dispatcher.close();
    expect(teas.statusCode).toBe(401);
  });
});

describe('the guide to watching', () => {
  it('listens to events', async () => {
    const lines: string[] = [];
    const write = (_facts: object, message: string) => lines.push(message);
    const log = { info: write, warn: write, error: write };
    const keeper = new TokenKeeper();
    keeper.on('minted', ({ name, fingerprint, durationMs }) => log.info({ name, fingerprint, durationMs }, 'new token'));
    keeper.on('failed', ({ name, code, count, retryInMs }) => log.warn({ name, code, count, retryInMs }, 'no new token yet'));
    keeper.on('rejectedAfterMint', ({ name }) => log.error({ name }, 'new tokens are rejected too: check audience, issuer and clock'));
    await keeper.keep(stage.request).get();
    await keeper.close();
    expect(lines).toEqual(['new token']);
  });

  it('reads the status', async () => {
    const keeper = stage.keeper();
    await keeper.keep(stage.request).get();
    const isReady = keeper.kept.every((kept) => kept.peek() !== undefined);
    const shortestRunway = Math.min(...keeper.kept.map((kept) => kept.status().token?.runwaySeconds ?? 0));
    expect({ isReady, shortestRunway }).toEqual({ isReady: true, shortestRunway: 86_390 });
  });

  it('reports to OpenTelemetry', async () => {
    const keeper = stage.keeper();
    const meterProvider = new MeterProvider();
    const tracerProvider = new BasicTracerProvider();
    const stop = instrument(keeper, { meterProvider, tracerProvider });
    await keeper.keep(stage.request).get();
    stop();
    await Promise.all([meterProvider.shutdown(), tracerProvider.shutdown()]);
  });
});

describe('each code block of the guides', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const linesOf = (text: string) => text.split('\n').flatMap((line) => line.trim() || []);
  const isImport = (line: string) => line.startsWith('import ');
  const blocksOf = (path: string) => [...read(path).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  const guides = ['../../../docs/guides/sdk-hooks.md', '../../../docs/guides/observability.md'];
  // The first block of the page shows what `KeptToken` has; the others are those of the guides.
  const blocks = [...guides.flatMap(blocksOf), ...blocksOf('../README.md').slice(1)];
  const tested = linesOf(read('./guides.test.ts'));

  it('is run above, line by line', () => {
    expect(blocks.length).toBeGreaterThan(10);
    expect(blocks.flatMap(linesOf).filter((line) => !isImport(line) && !tested.includes(line))).toEqual([]);
  });

  it('imports from where its names are imported above', () => {
    const namesIn = (line: string) => line.replace(/^import (.*) from (.*);$/, '$1').split(/[{}, ]+/);
    for (const line of blocks.flatMap(linesOf).filter(isImport)) {
      const from = line.replace(/^.* from /, '');
      const above = tested.find((other) => isImport(other) && other.endsWith(` from ${from}`)) ?? '';
      expect(namesIn(above)).toEqual(expect.arrayContaining(namesIn(line)));
    }
  });
});
