import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, loadAgentConfig, startAgent } from '@evertoken/agent';
import { createLog, type LocalCa, openLocalCa, openStateFolder } from '@evertoken/service';
import { json } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callUrl } from './a-running-agent.ts';

let home: string;
let ca: LocalCa;
let issuer: Server;
let domain: string;
let agent: Agent;
let key: string;
let mints = 0;
const calls: string[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'evertoken-tls-'));
  ca = await openLocalCa(await openStateFolder(join(home, 'ca')));
  // One server is issuer and Management API, as a tenant is.
  issuer = createServer(await ca.serverCertificate(['localhost']), (request, response) => {
    request.resume();
    if (request.url === '/oauth/token') {
      mints += 1;
      json(response, 200, { access_token: 'live', token_type: 'Bearer', expires_in: 86_400, scope: 'read:clients' });
    } else {
      calls.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end('[]');
    }
  });
  await new Promise<void>((resolve) => issuer.listen(0, 'localhost', resolve));
  domain = `localhost:${(issuer.address() as AddressInfo).port}`;
  agent = await start('state', [ca.certificatePem]);
  await agent.ready();
  key = await readFile(agent.app?.keyPath ?? '', 'utf8');
});

afterAll(async () => {
  await agent.close();
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
  await rm(home, { recursive: true });
});

async function start(state: string, extraCa: readonly string[], more: Record<string, string> = {}): Promise<Agent> {
  const folder = await openStateFolder(join(home, state));
  const env = { AUTH0_DOMAIN: domain, AUTH0_CLIENT_ID: 'm2m', AUTH0_CLIENT_SECRET: 's3cret', ...more };
  const config = await loadAgentConfig({ env, folder, listen: ['http://127.0.0.1:0', 'https://localhost:0'] });
  const log = createLog({ program: 'agent', pretty: false, level: 'silent' });
  return startAgent({ config, folder, certificate: ca.serverCertificate, extraCa, log, version: 'test' });
}

/** One request over TLS, trusting `trusted` alone. */
function callTls(
  path: string,
  trusted: string | undefined,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; text: string }> {
  const url = new URL(agent.urls.find((text) => text.startsWith('https:')) ?? '');
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = tlsRequest(
      { host: 'localhost', port: url.port, path, agent: false, ...(trusted !== undefined && { ca: trusted }), ...rest },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject).end(body);
  });
}

describe('over https with nothing but AUTH0_*', () => {
  it('a program that changes only domain and credentials gets the token and calls the API with it', async () => {
    const agentDomain = new URL(agent.urls.find((text) => text.startsWith('https:')) ?? '').host;
    const form = { grant_type: 'client_credentials', client_id: 'local', client_secret: key, audience: `https://${agentDomain}/api/v2/` };
    const answer = await callTls('/oauth/token', ca.certificatePem, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    expect(JSON.parse(answer.text)).toMatchObject({ access_token: 'live', scope: 'read:clients', token_type: 'Bearer' });
    const called = await callTls('/api/v2/clients', ca.certificatePem, { headers: { authorization: 'Bearer live' } });
    expect([called.status, called.text]).toEqual([200, '[]']);
    expect(calls).toContain('GET /api/v2/clients Bearer live');
    expect(mints).toBe(1);
  });

  it('the agent is verified by the local CA, and by nothing else', async () => {
    expect((await callTls('/healthz', ca.certificatePem)).status).toBe(200);
    await expect(callTls('/healthz', undefined)).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED/) as string,
    });
  });

  it('the app key calls everything of the Management API, and nothing else', async () => {
    const url = agent.urls.find((text) => text.startsWith('http:')) ?? '';
    const headers = { authorization: `Bearer ${key}` };
    expect((await callUrl(`${url}/api/v2/users?page=1`, { headers, method: 'DELETE' })).status).toBe(200);
    expect((await callUrl(`${url}/proxy/default/api/v2/users`, { headers })).status).toBe(200);
    expect((await callUrl(`${url}/proxy/default/userinfo`, { headers })).status).toBe(403);
  });

  it('an issuer whose CA is not given is refused, and told as that', async () => {
    const wary = await start('wary', []);
    try {
      const error = await wary.ready().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'tls_error', retryable: false });
      expect(wary.explain(error)?.step).toContain('NODE_EXTRA_CA_CERTS');
      expect(mints).toBe(1);
    } finally {
      await wary.close();
    }
  });

  it('the CA may come from NODE_EXTRA_CA_CERTS', async () => {
    const trusting = await start('trusting', [], { NODE_EXTRA_CA_CERTS: ca.certificatePath });
    await trusting.ready();
    await trusting.close();
    expect(mints).toBe(2);
  });

  it('a proxy of the environment is not used for this machine', async () => {
    const proxied = await start('proxied', [ca.certificatePem], { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' });
    await proxied.ready();
    await proxied.close();
    expect(mints).toBe(3);
  });
});
