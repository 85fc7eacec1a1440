import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadAgentConfig, startAgent } from '@evertoken/agent';
import { askControlSocket, createLog, openStateFolder } from '@evertoken/service';
import { freshFolder, ManualClock } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startReloadableAgent, twoTokens, until } from './a-reloadable-agent.ts';
import { callUrl, startRunningAgent } from './a-running-agent.ts';

describe('the addresses of a reload', () => {
  it('that stay are never closed, new ones open, and gone ones end with their requests', async () => {
    const running = await startReloadableAgent();
    const { agent, edit, callAs } = running;
    const socket = join(running.home, 'state', 'own.sock');
    await edit(['["http://127.0.0.1:0"]', `["http://127.0.0.1:0", "unix:${socket}?app=report"]`]);
    const [stays] = agent.urls;
    expect(await agent.reload()).toMatchObject({ changes: [expect.stringMatching(/^listening on unix:.*own\.sock/)] });
    expect(agent.urls[0]).toBe(stays);
    expect((await callUrl('http://localhost/v1/tokens/orders', { socketPath: socket })).status).toBe(200);
    await edit([/listen: .*/, `listen: ["unix:${socket}?app=report"]`]);
    expect(await agent.reload()).toMatchObject({ changes: [`no more listening on ${stays}`] });
    await expect(callAs('report', '/v1/tokens/orders')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await callUrl('http://localhost/v1/tokens/orders', { socketPath: socket })).status).toBe(200);
  });

  it('that cannot be had leave all as it was, whatever else was to change', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    onTestFinished(() => new Promise<void>((resolve) => void taken.close(() => resolve())));
    const running = await startReloadableAgent();
    const { agent, edit, callAs } = running;
    const before = agent.urls;
    const { port } = taken.address() as AddressInfo;
    await edit(
      ['["http://127.0.0.1:0"]', `["unix:${join(running.home, 'state', 'x.sock')}", "http://127.0.0.1:${port}"]`],
      ['tokens: [management, orders]', 'tokens: [management]'],
    );
    expect(await agent.reload()).toMatchObject({
      isApplied: false,
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`) as string,
    });
    expect(agent.urls).toEqual(before);
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(200);
  });

  it('on the same port or path with other options take its place', async () => {
    const running = await startReloadableAgent();
    const { agent, edit, home } = running;
    const socket = join(home, 'state', 'own.sock');
    await edit(['["http://127.0.0.1:0"]', `["unix:${socket}"]`]);
    expect((await agent.reload()).isApplied).toBe(true);
    expect((await callUrl('http://localhost/v1/tokens/orders', { socketPath: socket })).status).toBe(401);
    await edit([`"unix:${socket}"`, `"unix:${socket}?app=report"`]);
    expect((await agent.reload()).isApplied).toBe(true);
    expect((await callUrl('http://localhost/v1/tokens/orders', { socketPath: socket })).status).toBe(200);
  });
});

describe('a changed file', () => {
  it('is taken by itself', async () => {
    const clock = new ManualClock();
    const { agent, edit, callAs, log } = await startReloadableAgent({ clock });
    await edit(['tokens: [management, orders]', 'tokens: [management]']);
    await until(() => {
      clock.advance(50);
      return log.some((line) => line['event'] === 'config.reloaded');
    });
    expect((await callAs('report', '/v1/tokens/orders')).status).toBe(404);
    expect(agent.configState().generation).toBe(2);
  });
});

it('a file that changes between the first reading and the start is taken too', async () => {
  const home = await freshFolder();
  const folder = await openStateFolder(join(home, 'state'));
  const file = join(home, 'evertoken.yaml');
  const write = (host: string): Promise<void> =>
    writeFile(
      file,
      `tokens: { orders: { token_endpoint: "http://127.0.0.1:1", client_id: m2m, client_secret: s } }
apps: { report: { key_sha256: "${'0'.repeat(64)}", tokens: [orders] } }
listen: ["http://127.0.0.1:0"]
hosts: [${host}]
`,
    );
  await write('first.example');
  const loadConfig = () => loadAgentConfig({ file, env: {}, folder });
  const config = await loadConfig();
  await write('second.example');
  const agent = await startAgent({
    config,
    loadConfig,
    folder,
    clock: new ManualClock(),
    certificate: () => Promise.reject(new Error('none')),
    log: createLog({ program: 'agent', pretty: false, level: 'silent' }),
    version: 'test',
  });
  onTestFinished(() => agent.close());
  await until(() => agent.configState().generation === 2);
  const { status } = await callUrl(`${agent.urls[0]}/healthz`, { headers: { host: 'second.example' } });
  expect(status).toBe(200);
});

describe('the control socket', () => {
  it('tells how the agent stands, and reloads', async () => {
    const { agent, home, edit } = await startReloadableAgent();
    const state = join(home, 'state');
    const status = async (): Promise<unknown> => (await askControlSocket(state, { method: 'GET', path: '/status' }))?.body;
    const rfc3339 = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
    const facts = {
      pid: process.pid,
      version: '0.0.0-test',
      started_at: rfc3339,
      config: join(home, 'evertoken.yaml'),
      loaded_at: rfc3339,
      needs_restart: [],
      listen: agent.urls,
    };
    expect(await status()).toEqual({ ...facts, generation: 1, problem: null });
    expect(await askControlSocket(state, { method: 'POST', path: '/reload' })).toEqual({
      status: 200,
      body: { generation: 2, changes: [], needs_restart: [], not_in_effect: [], notes: [] },
    });
    await edit(['client_id: m2m', 'clientid: m2m']);
    expect(await askControlSocket(state, { method: 'POST', path: '/reload' })).toMatchObject({
      status: 422,
      body: {
        error: expect.stringContaining('clientid') as string,
        step: expect.any(String) as string,
        problems: [{ line: 3 }, { line: 3 }],
      },
    });
    expect(await status()).toMatchObject({ problem: expect.stringContaining('clientid') as string });
    expect(await askControlSocket(state, { method: 'GET', path: '/v1/tokens/orders' })).toEqual({
      status: 404,
      body: { error: expect.any(String) as string, step: expect.any(String) as string },
    });
  });

  it('makes one agent a state folder, and names the one that holds it', async () => {
    const { agent, home, issuer, restart } = await startRunningAgent({ yaml: twoTokens });
    onTestFinished(() => issuer.close());
    const folder = await openStateFolder(join(home, 'state'));
    const config = await loadAgentConfig({ file: join(home, 'evertoken.yaml'), env: {}, folder, listen: ['http://127.0.0.1:0'] });

    const log = createLog({ program: 'agent', pretty: false, level: 'silent' });
    const second = startAgent({ config, folder, certificate: () => Promise.reject(new Error('none')), log, version: 'test' });
    await expect(second).rejects.toMatchObject({
      code: 'state_folder_taken',
      problem: `Another agent (process ${process.pid}) runs with this state folder`,
      place: folder.path,
      step: `Stop that agent (kill ${process.pid}), or choose another state folder.`,
    });
    expect(issuer.requests).toHaveLength(2);
    await agent.close();
    await (await restart()).close();
  });
});

it('what a reload and the stop are is told to the service manager', async () => {
  const told: string[] = [];
  const say = (text: string) => async (): Promise<void> => void told.push(text);
  const { agent } = await startReloadableAgent({
    notifier: {
      ready: say('ready'),
      status: say('status'),
      reloading: say('reloading'),
      stopping: say('stopping'),
      close: async () => undefined,
    },
  });
  await agent.reload();
  await agent.close();
  expect(told).toEqual(['reloading', 'ready', 'stopping']);
  expect(await agent.reload()).toMatchObject({ isApplied: false, message: 'The agent is stopping' });
  expect(told).toHaveLength(3);
});
