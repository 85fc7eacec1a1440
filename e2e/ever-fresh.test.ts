import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newAppKey } from '@evertoken/agent';
import type { SpawnedProcess } from '@evertoken/testkit';
import { Agent, type Dispatcher, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, sourced, spawnEvertoken, temporaryFolder } from './evertoken.ts';
import { fingerprintOf } from './running-dev.ts';
import { holdableWire, type RunningTenant, runTenant } from './running-tenant.ts';

const LIFETIME_SECONDS = 10;

/** A busy machine takes its time for tens of thousands of reads. */
const LONG_MS = 600_000;

let folder: { path: string; remove: () => Promise<void> };
let undo: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await temporaryFolder();
  undo = [];
});

afterEach(async () => {
  for (const step of undo.reverse()) await step();
  await folder.remove();
});

/** An agent as a real process on free ports, its env file read. */
interface RunningAgent {
  readonly process: SpawnedProcess;
  readonly env: Readonly<Record<string, string>>;
  /** Where it listens; `url` is the first http address. */
  readonly urls: readonly string[];
  readonly url: string;
  readonly key: string;
}

interface AgentSetting {
  readonly isReady?: boolean;
  readonly listen?: readonly string[];
  /** Calls a second that the app may make through the proxy; default as for any app. */
  readonly callsPerSecond?: number;
}

async function startAgent(tenant: RunningTenant, options: AgentSetting = {}): Promise<RunningAgent> {
  const home = join(folder.path, 'agent');
  const places = options.listen === undefined ? ['--agent-port', '0'] : ['--listen', ...options.listen];
  const ownKey = options.callsPerSecond === undefined ? undefined : await writeConfig(options.callsPerSecond);
  const running = spawnEvertoken(['start', '--home', home, '--keep-trying', '--log', 'json', ...places], {
    cwd: folder.path,
    env: tenant.env,
  });
  undo.push(() => running.stop());
  const [line] = await running.waitFor(/^.*"event":"agent\.listening".*$/m, 20_000);
  const { urls } = JSON.parse(line) as { urls: string[] };
  const env = await sourced(join(home, 'env'));
  const agent = { process: running, env, urls, url: env['EVERTOKEN_URL'] ?? '', key: ownKey ?? env['EVERTOKEN_APP_KEY'] ?? '' };
  while (options.isReady !== false && (await request(`${agent.url}/readyz`)).statusCode !== 200) await pause(20);
  return agent;
}

/** The token of the environment, and an app that may call as often as said; answers its key. */
async function writeConfig(callsPerSecond: number): Promise<string> {
  const { key, sha256 } = newAppKey();
  const config = {
    tokens: {
      default: {
        domain: { env: 'AUTH0_DOMAIN' },
        client_id: { env: 'AUTH0_CLIENT_ID' },
        client_secret: { env: 'AUTH0_CLIENT_SECRET' },
      },
    },
    apps: { local: { key_sha256: sha256, tokens: ['default'], proxy: { default: ['ANY /api/v2/**'] }, rate: `${callsPerSecond}/s` } },
  };
  await writeFile(join(folder.path, 'evertoken.yaml'), JSON.stringify(config));
  return key;
}

async function startTenant(options: Parameters<typeof runTenant>[1]): Promise<RunningTenant> {
  const tenant = await runTenant(join(folder.path, 'tenant'), options);
  undo.push(() => tenant.tenant.close());
  return tenant;
}

/** One read through a door; what came back, for a verdict. */
type Read = (dispatcher: Dispatcher) => Promise<{ status: number; token?: string }>;

function doorsOf(agent: RunningAgent): Record<string, { origin: string; read: Read }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'local', client_secret: agent.key }).toString();
  const bearer = { authorization: `Bearer ${agent.key}` };
  const secure = `https://${agent.env['EVERTOKEN_DOMAIN']}`;
  return {
    'token endpoint': {
      origin: secure,
      read: async (dispatcher) => {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const { statusCode, body } = await request(`${secure}/oauth/token`, { dispatcher, method: 'POST', headers, body: form });
        return { status: statusCode, ...tokenIn(await body.text()) };
      },
    },
    'token API': {
      origin: agent.url,
      read: async (dispatcher) => {
        const { statusCode, body } = await request(`${agent.url}/v1/tokens/default`, { dispatcher, headers: bearer });
        return { status: statusCode, ...tokenIn(await body.text()) };
      },
    },
    proxy: {
      origin: agent.url,
      read: async (dispatcher) => {
        const { statusCode, body } = await request(`${agent.url}/api/v2/clients?fields=name`, { dispatcher, headers: bearer });
        await body.dump();
        return { status: statusCode };
      },
    },
  };
}

function tokenIn(text: string): { token?: string } {
  const { access_token: token } = JSON.parse(text) as { access_token?: string };
  return token === undefined ? {} : { token };
}

/** Seconds that a token has to live at this moment. */
function secondsLeft(token: string): number {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
  return claims.exp - Date.now() / 1000;
}

/** Reads `count` times, evenly over `seconds`; everything that was not a living token or a success. */
async function readEvenly(read: Read, dispatcher: Dispatcher, count: number, seconds: number): Promise<string[]> {
  const wrong: string[] = [];
  const began = performance.now();
  const pending = new Set<Promise<void>>();
  for (let i = 0; i < count; i += 1) {
    const aheadMs = (i / count) * seconds * 1000 - (performance.now() - began);
    if (aheadMs > 1) await pause(aheadMs);
    const one = read(dispatcher)
      .then(({ status, token }) => {
        if (status !== 200) wrong.push(`status ${status}`);
        else if (token !== undefined && secondsLeft(token) <= 0) wrong.push('expired');
      })
      .catch((error: Error) => void wrong.push(error.message))
      .finally(() => pending.delete(one));
    pending.add(one);
    if (pending.size >= 32) await Promise.race(pending);
  }
  await Promise.all(pending);
  return wrong;
}

async function dispatcherFor(agent: RunningAgent, options: Agent.Options = {}): Promise<Agent> {
  const caFile = agent.env['NODE_EXTRA_CA_CERTS'];
  const connect = caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') };
  // A read that hangs is a failure of its own, told as one.
  const dispatcher = new Agent({ connections: 8, connect, headersTimeout: 30_000, bodyTimeout: 30_000, ...options });
  undo.push(() => dispatcher.destroy());
  return dispatcher;
}

describe('a token of ten seconds', () => {
  it('never seems to expire: ten thousand reads through each door in a minute, and no more mints than the schedule allows', {
    timeout: LONG_MS,
  }, async () => {
    const tenant = await startTenant({ port: 0, tokenLifetimeSeconds: LIFETIME_SECONDS });
    const agent = await startAgent(tenant, { callsPerSecond: 1_000 });
    const dispatcher = await dispatcherFor(agent);
    const mintsBefore = tenant.tokenRequests();
    const began = performance.now();
    const doors = Object.entries(doorsOf(agent));
    const wrong = await Promise.all(doors.map(([, { read }]) => readEvenly(read, dispatcher, 10_000, 60)));
    const seconds = (performance.now() - began) / 1000;
    expect(Object.fromEntries(doors.map(([name], i) => [name, wrong[i]]))).toEqual({ 'token endpoint': [], 'token API': [], proxy: [] });
    // Due 4 to 5 s after it was asked for, jitter and all.
    const mints = tenant.tokenRequests() - mintsBefore;
    expect(mints).toBeLessThanOrEqual(Math.ceil(seconds / 4));
    expect(mints).toBeGreaterThanOrEqual(Math.floor(seconds / 6));
  });

  it('is there for every reader though the tenant is gone for three seconds of every ten', { timeout: LONG_MS }, async () => {
    const port = await freePort();
    let tenant = await runTenant(join(folder.path, 'tenant'), { port, tokenLifetimeSeconds: LIFETIME_SECONDS });
    undo.push(() => tenant.tenant.close());
    const agent = await startAgent(tenant);
    const dispatcher = await dispatcherFor(agent);
    const doors = doorsOf(agent);
    const outages = async () => {
      for (let round = 0; round < 4; round += 1) {
        await pause(7_000);
        await tenant.tenant.close();
        await pause(3_000);
        tenant = await runTenant(join(folder.path, 'tenant'), { port, tokenLifetimeSeconds: LIFETIME_SECONDS });
      }
    };
    const readers = ['token endpoint', 'token API'].map((door) => readEvenly(doors[door]?.read ?? never, dispatcher, 4_000, 40));
    const [, ...wrong] = await Promise.all([outages(), ...readers]);
    expect(wrong).toEqual([[], []]);
    expect(agent.process.stderr).toMatch(/"event":"token\.mint_failed"/);
  });
});

describe('a token nobody holds yet', () => {
  it('costs the tenant one request, though a thousand readers ask for it at once', { timeout: LONG_MS }, async () => {
    const port = await freePort();
    const tenant = await startTenant({ port: 0, domain: `localhost:${port}` });
    const wire = await holdableWire(port, Number(new URL(tenant.tenant.url).port));
    undo.push(() => wire.close());
    // A listener takes 256 connections: four of them carry a thousand readers at once.
    const listen = Array.from({ length: 4 }, () => 'http://127.0.0.1:0');
    const agent = await startAgent(tenant, { isReady: false, listen });
    const dispatcher = await dispatcherFor(agent, { connections: 250 });
    const waiters = async () =>
      Number((await (await fetch(`${agent.url}/metrics`)).text()).match(/^evertoken_token_waiters\S* (\d+)$/m)?.[1]);

    /** A thousand reads; undefined where not all of them came to wait for the same mint, which has ten seconds. */
    const readAtOnce = async () => {
      while (wire.held().length === 0) await pause(20);
      let answered = 0;
      const readers = agent.urls.flatMap((url) => {
        const read = doorsOf({ ...agent, url })['token API']?.read ?? never;
        return Array.from({ length: 250 }, () => read(dispatcher).finally(() => (answered += 1)));
      });
      while (answered === 0 && (await waiters()) < 1_000) await pause(20);
      const [since = 0, ...others] = wire.held();
      const isInTime = answered === 0 && others.length === 0 && performance.now() - since < 7_000;
      if (isInTime) wire.open();
      const answers = await Promise.all(readers);
      if (isInTime) return answers;
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      wire.drop();
      return undefined;
    };
    // A busy machine takes several turns.
    let answers = await readAtOnce();
    while (answers === undefined) answers = await readAtOnce();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ token }) => token)).size).toBe(1);
    expect(tenant.tokenRequests()).toBe(1);
  });
});

describe('an agent that is killed', () => {
  it('takes up the token where it was: the same fingerprint, and no mint', async () => {
    const tenant = await startTenant({ port: 0 });
    const first = await startAgent(tenant);
    const dispatcher = await dispatcherFor(first);
    const before = await doorsOf(first)['token API']?.read(dispatcher);
    first.process.signal('SIGKILL');
    expect((await first.process.exit()).signal).toBe('SIGKILL');
    const second = await startAgent(tenant);
    const after = await doorsOf(second)['token API']?.read(dispatcher);
    expect(fingerprintOf(after?.token ?? 'none')).toBe(fingerprintOf(before?.token ?? 'lost'));
    expect(second.key).toBe(first.key);
    expect(tenant.tokenRequests()).toBe(1);
  });
});

function never(): never {
  throw new Error('There is no such door.');
}
