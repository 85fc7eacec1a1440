import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Agent, loadAgentConfig, newAppKey, startAgent } from '@evertoken/agent';
import { createLog, openStateFolder } from '@evertoken/service';
import { freshFolder, issueTokens, refuseWith, startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { waitForFirstToken } from '../src/first-token.ts';

async function anEndpoint(): Promise<TokenEndpoint> {
  const endpoint = await startTokenEndpoint();
  onTestFinished(() => endpoint.close());
  return endpoint;
}

async function anAgent(tokenEndpoints: Record<string, string>): Promise<Agent> {
  const folder = await openStateFolder(await freshFolder());
  const tokens = Object.entries(tokenEndpoints).flatMap(([name, url]) => [
    `  ${name}:`,
    `    token_endpoint: ${url}`,
    '    client_id: worker',
    '    client_secret: some-secret',
    '    audience: https://orders.example.com',
  ]);
  const apps = ['apps:', '  report:', `    key_sha256: ${newAppKey().sha256}`, `    tokens: [${Object.keys(tokenEndpoints).join(', ')}]`];
  const file = join(folder.path, 'evertoken.yaml');
  await writeFile(file, ['tokens:', ...tokens, ...apps, ''].join('\n'));
  const log = createLog({ program: 'agent', pretty: false, level: 'silent', destination: { write: () => {} } });
  const certificate = () => Promise.reject(new Error('no https here'));
  const config = await loadAgentConfig({ file, env: {}, folder, listen: ['http://127.0.0.1:0'] });
  const agent = await startAgent({ config, folder, certificate, log, version: '0.0.0' });
  onTestFinished(() => agent.close());
  return agent;
}

const never = new AbortController().signal;
const nowhere = 'http://127.0.0.1:1/oauth/token';

describe('waiting for the first token', () => {
  it('ends when all are held', async () => {
    const agent = await anAgent({ orders: (await anEndpoint()).url });
    await waitForFirstToken(agent, never);
    expect(agent.tokens()).toMatchObject([{ status: { state: 'fresh' } }]);
  });

  it('fails at once for a refusal that will not pass, and says what mends it', async () => {
    const endpoint = await anEndpoint();
    endpoint.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    const agent = await anAgent({ orders: endpoint.url });
    await expect(waitForFirstToken(agent, never, 600_000)).rejects.toMatchObject({
      name: 'CliError',
      problem: expect.stringMatching(/^No token `orders` can be had: .*Unauthorized/),
      place: endpoint.url,
      step: expect.stringMatching(/client_secret[\s\S]*--keep-trying/),
      exitCode: 1,
    });
  });

  it('fails for an issuer that is away, once patience ends', async () => {
    const agent = await anAgent({ orders: nowhere });
    await expect.poll(() => agent.tokens()[0]!.status.lastFailure?.code).toBe('network_error');
    await expect(waitForFirstToken(agent, never, 1)).rejects.toMatchObject({
      name: 'CliError',
      place: nowhere,
      step: expect.stringContaining('HTTPS_PROXY'),
    });
  });

  it('is content with one of several, though it comes later than the refusal of another', async () => {
    const [working, refusing] = [await anEndpoint(), await anEndpoint()];
    refusing.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const issue = issueTokens(3_600);
    working.answer(async (request, response) => {
      await released;
      await issue(request, response);
    });
    const agent = await anAgent({ orders: working.url, broken: refusing.url });
    const waiting = waitForFirstToken(agent, never, 600_000);
    await expect.poll(() => agent.tokens()[1]!.problem).toBeDefined();
    release();
    await waiting;
    expect(agent.tokens().map(({ status }) => status.state)).toEqual(['fresh', 'empty']);
  });

  it('ends with the reason when the process is told to stop', async () => {
    const agent = await anAgent({ orders: nowhere });
    const stop = new AbortController();
    const waiting = waitForFirstToken(agent, stop.signal, 600_000);
    stop.abort(new Error('stopping'));
    await expect(waiting).rejects.toThrow('stopping');
  });
});
