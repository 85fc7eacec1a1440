import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { plainEnvironment, spawnProcess } from '@evertoken/testkit';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { askSocket } from './deployed-agent.ts';
import { freePort, spawnEvertoken, temporaryFolder, workspace } from './evertoken.ts';
import { type HoldableWire, holdableWire, runTenant } from './running-tenant.ts';

const isMissing = missingPrograms('e2e/nginx.test.ts').length > 0;
if (isMissing) console.warn('SKIPPED: the test of the guide to nginx: nginx is not installed here.');

describe.skipIf(isMissing)('the guide to nginx, as it is written', () => {
  const undo: (() => Promise<unknown>)[] = [];
  /** Where nginx listens. */
  let url: string;
  let socketPath: string;
  let wireToIssuer: HoldableWire;
  /** Authorization headers that came to the API, and what else nginx sent. */
  const seen: { authorization: string | undefined; cookie: string | undefined }[] = [];

  /** The tenant's API behind something that remembers who called. */
  async function startApi(home: string, tenantPort: number): Promise<number> {
    const ca = await openLocalCa(await openStateFolder(home));
    const dispatcher = new Agent({ connect: { ca: await readFile(ca.certificatePath, 'utf8') } });
    const server = createServer(await ca.serverCertificate(['localhost']), (incoming, response) => {
      const { authorization, cookie } = incoming.headers;
      seen.push({ authorization, cookie });
      const headers = authorization === undefined ? {} : { authorization };
      void request(`https://localhost:${tenantPort}${incoming.url}`, { dispatcher, headers }).then(async ({ statusCode, body }) => {
        response.writeHead(statusCode, { 'content-type': 'application/json' }).end(await body.text());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    undo.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await dispatcher.destroy();
    });
    return (server.address() as AddressInfo).port;
  }

  beforeAll(async () => {
    const folder = await temporaryFolder();
    undo.push(folder.remove);
    // nginx has a user of its own, who must get to the socket.
    await chmod(folder.path, 0o755);
    const path = (name: string) => join(folder.path, name);
    for (const name of ['run', 'nginx']) await mkdir(path(name), { mode: 0o755 });

    const issuerPort = await freePort();
    const tenant = await runTenant(path('tenant'), { port: 0, domain: `localhost:${issuerPort}`, tokenLifetimeSeconds: 60 });
    undo.push(() => tenant.tenant.close());
    const tenantPort = Number(new URL(tenant.tenant.url).port);
    wireToIssuer = await holdableWire(issuerPort, tenantPort);
    wireToIssuer.open();
    undo.push(() => wireToIssuer.close());
    const apiPort = await startApi(path('tenant'), tenantPort);

    const guide = await readFile(join(workspace, 'docs/guides/nginx.md'), 'utf8');
    const [, config = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
    const [, site = ''] = /```nginx\n(.*?)```/s.exec(guide) ?? [];
    socketPath = path('run/nginx.sock');
    const isRoot = process.getuid?.() === 0;
    await writeFile(path('secret'), tenant.tenant.application.clientSecret);
    await writeFile(
      path('evertoken.yaml'),
      config
        .replace('acme.eu.auth0.com', `localhost:${issuerPort}`)
        .replace('YOUR_CLIENT_ID', tenant.tenant.application.clientId)
        .replace('/run/secrets/auth0-client-secret', path('secret'))
        .replace('/run/evertoken', path('run'))
        .replace('www-data', isRoot ? 'www-data' : String(process.getgid?.())),
    );
    const listenPort = await freePort();
    url = `http://127.0.0.1:${listenPort}`;
    const staged = site
      .replace('/run/evertoken', path('run'))
      .replace('127.0.0.1:8088', `127.0.0.1:${listenPort}`)
      .replaceAll('acme.eu.auth0.com', `localhost:${apiPort}`)
      .replace('/etc/ssl/certs/ca-certificates.crt', tenant.caPath);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${path('nginx')}/${name};`);
    const log = path('nginx/error.log');
    // As in Debian's nginx.conf.
    const user = isRoot ? 'user www-data;\n' : '';
    await writeFile(
      path('nginx.conf'),
      `daemon off;\n${user}pid ${path('nginx/pid')};\nerror_log ${log};\nevents {}\nhttp {\n  access_log off;\n${temporary.join('\n')}\n${staged}}\n`,
    );

    const agentArgs = ['start', '--home', path('agent'), '--config', path('evertoken.yaml'), '--log', 'json'];
    const agent = spawnEvertoken(agentArgs, { cwd: folder.path, env: { NODE_EXTRA_CA_CERTS: tenant.caPath } });
    undo.push(() => agent.stop());
    await agent.waitFor(/"event":"agent\.listening"/);
    const nginx = spawnProcess('nginx', ['-c', path('nginx.conf'), '-e', log], { env: plainEnvironment() });
    undo.push(() => nginx.stop());
    const isUp = () =>
      fetch(url).then(
        () => true,
        () => false,
      );
    while (!(await isUp())) await pause(20);
  });

  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  const tokenOfAgent = async (): Promise<{ access_token: string; fingerprint: string }> =>
    JSON.parse((await askSocket(socketPath, '/v1/tokens/management')).body) as { access_token: string; fingerprint: string };

  const lastFingerprint = (): string =>
    createHash('sha256')
      .update(seen.at(-1)?.authorization?.replace('Bearer ', '') ?? '')
      .digest('hex')
      .slice(0, 16);

  it('a client with no secret gets the API’s answer, and nginx sends the agent’s token in place of what the client sent', async () => {
    const headers = { authorization: 'Bearer mine', cookie: 'session=1', 'x-forwarded-for': '192.0.2.1', via: '1.1 other' };
    const response = await fetch(`${url}/api/v2/clients`, { headers });
    expect(response.status).toBe(200);
    expect(((await response.json()) as { name: string }[]).map(({ name }) => name)).toContain('Evertoken Agent');
    expect(seen.at(-1)).toEqual({ authorization: `Bearer ${(await tokenOfAgent()).access_token}`, cookie: undefined });
  });

  it('a client cannot ask nginx for the token, and sees it in no answer', async () => {
    expect((await fetch(`${url}/evertoken-token`)).status).toBe(404);
    const response = await fetch(`${url}/api/v2/clients`);
    const { access_token: token } = await tokenOfAgent();
    expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain(token);
  });

  it('nginx uses the new token as soon as the agent has one', async () => {
    const { fingerprint: before } = await tokenOfAgent();
    await fetch(`${url}/api/v2/clients`);
    expect(lastFingerprint()).toBe(before);
    const body = JSON.stringify({ fingerprint: before });
    const dispatcher = new Agent({ connect: { socketPath } });
    undo.push(() => dispatcher.destroy());
    const headers = { 'content-type': 'application/json' };
    // A token of this moment is replaced only when the floor between two mints has passed.
    await expect
      .poll(
        async () => {
          const { body: answer } = await request('http://localhost/v1/tokens/management/reject', {
            dispatcher,
            method: 'POST',
            headers,
            body,
          });
          await answer.dump();
          return (await tokenOfAgent()).fingerprint;
        },
        { timeout: 40_000, interval: 200 },
      )
      .not.toBe(before);
    const { fingerprint } = await tokenOfAgent();
    expect((await fetch(`${url}/api/v2/clients`)).status).toBe(200);
    expect(lastFingerprint()).toBe(fingerprint);
  });

  it('nothing changes for a client while the issuer is gone', async () => {
    await wireToIssuer.close();
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/api/v2/clients`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
