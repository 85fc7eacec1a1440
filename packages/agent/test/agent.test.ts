import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Agent, loadAgentConfig, startAgent } from '@evertoken/agent';
import { createLog, openStateFolder } from '@evertoken/service';
import { issueTokens, json, ManualClock, refuseWith, type Script, startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { filesBelow, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.close();
});

async function start(...setup: Parameters<typeof startRunningAgent>): Promise<RunningAgent> {
  const running = await startRunningAgent(...setup);
  open.push(running);
  return running;
}

function away(issuer: TokenEndpoint): void {
  issuer.answer(refuseWith(503, 'temporarily_unavailable', 'later'));
}

/** Refuses the token `management`, whose failure is then the only one, and issues the others. */
const refuseManagement: Script = (request, response) => {
  const isManagement = request.form.get('audience')?.endsWith('/api/v2/');
  return (isManagement ? refuseWith(401, 'access_denied', 'Unauthorized') : issueTokens(60))(request, response);
};

/** However busy the machine is: what is waited for takes no time on the clock of the test, which bounds it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

describe('the agent', () => {
  it('mints each declared token once, with no traffic at all', async () => {
    const { agent, issuer } = await start();
    expect(issuer.requests).toHaveLength(3);
    expect(agent.tokens().map(({ name, status }) => [name, status.state])).toEqual([
      ['management', 'fresh'],
      ['orders', 'fresh'],
      ['secret', 'fresh'],
    ]);
  });

  it('adopts the stored tokens after a restart and mints nothing', async () => {
    const first = await start();
    const before = await first.callAs('report', '/v1/tokens/management');
    const second = await first.restart();
    open[open.length - 1] = second;
    const after = await second.callAs('report', '/v1/tokens/management');
    expect(after.json()['fingerprint']).toBe(before.json()['fingerprint']);
    expect(second.issuer.requests).toHaveLength(3);
    expect(second.log.filter((line) => line['event'] === 'token.adopted')).toHaveLength(3);
  });

  it('adopts only those that live for as long as it is told, where it is told that', async () => {
    const setup: { heldLifetimeSeconds?: number } = {};
    let running = await start(setup);
    /** Mints of the next run. */
    const again = async (heldLifetimeSeconds: number): Promise<number> => {
      setup.heldLifetimeSeconds = heldLifetimeSeconds;
      const before = running.issuer.requests.length;
      running = await running.restart();
      open[open.length - 1] = running;
      return running.issuer.requests.length - before;
    };
    expect([await again(86_400), await again(60), await again(86_400)]).toEqual([0, 3, 0]);
  });

  it('does not start on tokens that others may read, and does once they are closed to them', async () => {
    const first = await start();
    const folder = join(first.home, 'state', 'tokens');
    await chmod(folder, 0o755);
    await expect(first.restart()).rejects.toMatchObject({
      code: 'store_unusable',
      message: expect.stringContaining(folder) as string,
      step: expect.stringContaining('store.file.folder') as string,
    });
    expect(first.issuer.requests).toHaveLength(3);
    await chmod(folder, 0o700);
    open[open.length - 1] = await first.restart();
  });

  it('writes no token and no secret into its log or its files', async () => {
    const { callAs, log, home, keys, call } = await start();
    const live = (await callAs('report', '/v1/tokens/management')).json()['access_token'] as string;
    await call('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: 'report',
        client_secret: keys['report'],
        audience: 'urn:orders',
      }),
    });
    const texts = `${JSON.stringify(log)}\n${await filesBelow(join(home, 'state'))}`;
    expect(live).toMatch(/^token-\d$/);
    expect(log.length).toBeGreaterThan(4);
    for (const secret of ['token-1', 'token-2', 'token-3', 'issuer-s3cret', keys['report'] ?? '']) expect(texts).not.toContain(secret);
  });

  it('writes its audit lines where it is told to, and all else into the log', async () => {
    const { callAs, log } = await start({ auditLog: createLog({ program: 'audit', pretty: false, level: 'silent' }) });
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(200);
    expect(log.filter((line) => line['event'] === 'token.read')).toEqual([]);
    expect(log.filter((line) => line['event'] === 'token.minted')).toHaveLength(3);
  });

  it('tells by what error it is not ready, and what mends it', async () => {
    const { agent, log } = await start({
      isReady: false,
      before: (issuer) => issuer.answer(refuseManagement),
    });
    const error = await agent.ready().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'access_denied', retryable: false });
    expect(agent.explain(error)).toMatchObject({
      what: expect.stringContaining('Unauthorized') as string,
      meaning: expect.stringContaining('secret is not its own') as string,
      step: expect.stringMatching(/tokens\.management\.client_secret in evertoken\.yaml, line 3/) as string,
    });
    expect(agent.tokens()[0]?.problem?.step).toContain('evertoken.yaml, line 3');
    expect(agent.explain(new Error('other'))).toBeUndefined();
    expect(log).toContainEqual(expect.objectContaining({ event: 'token.mint_failed', level: 'error', token: 'management' }));
  });

  it('waits for an issuer that is away only for now', async () => {
    const clock = new ManualClock();
    const { agent, issuer } = await start({ clock, isReady: false, before: away });
    let isReady = false;
    const ready = agent.ready().then(() => {
      isReady = true;
    });
    await until(() => agent.tokens().every(({ status }) => status.lastFailure !== undefined));
    issuer.answer((_request, response) => json(response, 200, { access_token: 'late', token_type: 'Bearer', expires_in: 60 }));
    expect(isReady).toBe(false);
    // Time goes on only while nothing is asked for, so that no request is late on this clock because the machine is busy.
    await until(() => {
      const isAsking = agent.tokens().some(({ status }) => status.isMinting);
      if (!isAsking && !isReady) clock.advance(100);
      return isReady;
    });
    await ready;
    expect(agent.tokens().every(({ status }) => status.state === 'fresh')).toBe(true);
  });

  it('stops waiting when told to, whether for an answer or between two attempts', async () => {
    const { agent } = await start({ clock: new ManualClock(), isReady: false, before: away });
    await expect(agent.ready({ signal: AbortSignal.abort(new Error('at once')) })).rejects.toThrow('at once');
    await until(() => agent.tokens().every(({ status }) => status.lastFailure !== undefined));
    const stop = new AbortController();
    const ready = agent.ready({ signal: stop.signal });
    // Long enough for every attempt to be told no, so that all of them pause.
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    stop.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
  });

  it('stops while an issuer is silent that somebody made it ask where its token endpoint is', async () => {
    const asked: string[] = [];
    const silent = createServer(({ url = '' }) => void asked.push(url));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise((resolve) => silent.close(resolve).closeAllConnections()) });
    const running = await start({
      clock: new ManualClock(),
      yaml: (issuer, hashOf) => `
tokens:
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: s3cret, audience: "urn:orders" }
apps:
  report: { key_sha256: ${hashOf('report')}, tokens: [orders] }
pass_through: ["http://127.0.0.1:${(silent.address() as AddressInfo).port}"]
`,
    });
    const leave = new AbortController();
    const left = running.call('/token', { method: 'POST', signal: leave.signal }).catch(() => undefined);
    await until(() => asked.length > 0);
    leave.abort();
    await left;
    await running.agent.close();
    expect(asked).toHaveLength(1);
  });

  it('mints nothing when its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    open.push({ close: () => new Promise((resolve) => taken.close(resolve)) });
    const { port } = taken.address() as AddressInfo;
    let asked = 0;
    const starting = startRunningAgent({
      listen: [`http://127.0.0.1:${port}`],
      before: (issuer) => {
        open.push(issuer);
        issuer.answer(() => void asked++);
      },
    });
    await expect(starting).rejects.toMatchObject({ code: 'port_taken' });
    expect(asked).toBe(0);
  });
});

describe('without a config file', () => {
  async function startDefault(home: string): Promise<Agent> {
    const issuer = await startTokenEndpoint();
    const folder = await openStateFolder(join(home, 'state'));
    const env = { AUTH0_DOMAIN: 'issuer.invalid', AUTH0_CLIENT_ID: 'm2m', AUTH0_CLIENT_SECRET: 's3cret' };
    const config = await loadAgentConfig({ env, folder, listen: ['http://127.0.0.1:0'] });
    const log = createLog({ program: 'agent', pretty: false, level: 'silent' });
    const agent = await startAgent({ config, folder, certificate: () => Promise.reject(new Error('none')), log, version: 'test' });
    open.push(issuer, agent);
    return agent;
  }

  it('makes the app `local` once, its key private and without a line end', async () => {
    const home = await mkdtemp(join(tmpdir(), 'evertoken-agent-'));
    open.push({ close: () => rm(home, { recursive: true }) });
    const first = await startDefault(home);
    const keyPath = first.app?.keyPath ?? '';
    const key = await readFile(keyPath, 'utf8');
    expect(first.app?.name).toBe('local');
    expect(key).toMatch(/^evk_[0-9A-Za-z]{49}$/);
    expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
    await first.close();
    await startDefault(home);
    expect(await readFile(keyPath, 'utf8')).toBe(key);
  });

  it.each([
    ['open to others', 0o644, `evk_${'0'.repeat(49)}`, 'app_key_unsafe'],
    ['no app key', 0o600, 'hello', 'app_key_invalid'],
  ])('refuses an app key that is %s', async (_what, mode, content, code) => {
    const home = await mkdtemp(join(tmpdir(), 'evertoken-agent-'));
    open.push({ close: () => rm(home, { recursive: true }) });
    await openStateFolder(join(home, 'state'));
    await writeFile(join(home, 'state', 'app.key'), content, { mode });
    await expect(startDefault(home)).rejects.toMatchObject({ code, step: expect.stringContaining('Remove') as string });
  });
});

describe('many programs at once', () => {
  it('on a cold agent cost the issuer one request a token', async () => {
    let release: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { callAs, issuer } = await start({
      isReady: false,
      before: (issuer) =>
        issuer.answer(async ({ form }, response) => {
          await asked;
          json(response, 200, { access_token: `live-${form.get('audience')}`, token_type: 'Bearer', expires_in: 60 });
        }),
    });
    const reads = Array.from({ length: 60 }, () => callAs('report', '/v1/tokens/orders'));
    await expect.poll(() => issuer.requests.length).toBe(3);
    release();
    const answers = await Promise.all(reads);
    expect(new Set(answers.map(({ status, text }) => `${status} ${JSON.parse(text).access_token}`))).toEqual(
      new Set(['200 live-urn:orders']),
    );
    expect(issuer.requests).toHaveLength(3);
  });
});
