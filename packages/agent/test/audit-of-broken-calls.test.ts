import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { issueTokens, ManualClock } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

const clock = new ManualClock();
/** What the API writes when a head has come, byte for byte; it then says no more. */
let answer: (head: string, socket: Socket) => void;
let api: Server;
let calls: number;
let running: RunningAgent;
let programs: Socket[];

beforeEach(async () => {
  [answer, calls, programs] = [() => undefined, 0, []];
  api = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (head: string) => {
      calls += 1;
      answer(head, socket);
    });
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const yaml = twoApps(`http://127.0.0.1:${(api.address() as AddressInfo).port}`);
  running = await startRunningAgent({
    clock,
    stopGraceMs: 200,
    yaml: (issuer, hashOf) => `${yaml(issuer, hashOf)}\naudit: { file: ./audit.jsonl }\n`,
  });
});
afterEach(async () => {
  for (const program of programs) program.destroy();
  await running.close();
  api.close();
});

/** A program that sends `first` with the key of `app`, further header lines, and `body`. */
function program(first: string, { app, lines = [], body = '' }: { app?: string; lines?: readonly string[]; body?: string }): Socket {
  const port = Number(new URL(running.url).port);
  const own = [`Host: 127.0.0.1:${port}`, ...(app === undefined ? [] : [`Authorization: Bearer ${running.keys[app]}`]), ...lines];
  const socket = connect(port, '127.0.0.1', () => socket.write(`${[`${first} HTTP/1.1`, ...own, '', ''].join('\r\n')}${body}`));
  socket.on('error', () => undefined).resume();
  programs.push(socket);
  return socket;
}

/** What the audit file holds once the agent has stopped. */
async function audited(): Promise<Record<string, unknown>[]> {
  await running.agent.close();
  const text = await readFile(join(running.home, 'audit.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const fingerprintOf = (token: string): string | undefined =>
  running.agent.tokens().find(({ name }) => name === token)?.status.token?.fingerprint;

describe('the audit line of a call', () => {
  /** Two calls in one breath: the API begins to answer the first, and says nothing to the second, whose answer would have to wait for that. */
  async function pipelined(): Promise<Socket> {
    answer = (head, socket) => {
      if (head.includes('/drip')) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
    };
    const rest = [`Host: ${new URL(running.url).host}`, `Authorization: Bearer ${running.keys['dashboard']}`, '', ''].join('\r\n');
    const pair = program('GET /api/v2/clients/drip', { app: 'dashboard', body: `GET /api/v2/clients HTTP/1.1\r\n${rest}` });
    const begun = new Promise((resolve) => pair.once('data', resolve));
    await expect.poll(() => calls).toBe(2);
    await begun;
    return pair;
  }

  /** Their lines: nobody but the program, or the agent that stops, has broken off the first. */
  const linesOfPair = (fingerprint: string | undefined) =>
    [
      { pattern: 'GET /api/v2/clients', status: 499, request_id: expect.any(String) as string },
      { pattern: 'GET /api/v2/clients/*', status: 200 },
    ].map((line) => ({
      time: expect.any(String) as string,
      event: 'proxy.call',
      app: 'dashboard',
      listener: running.url,
      token: 'management',
      fingerprint,
      ...line,
      ms: 0,
    }));
  const byPattern = (one: Record<string, unknown>, other: Record<string, unknown>): number =>
    String(one['pattern']).localeCompare(String(other['pattern']));

  it('is written also where the agent stops and cuts off the call', async () => {
    await pipelined();
    const fingerprint = fingerprintOf('management');
    expect((await audited()).toSorted(byPattern)).toEqual(linesOfPair(fingerprint));
  });

  it('is written where the program leaves, also for a call whose answer waited behind another on its connection', async () => {
    const pair = await pipelined();
    const fingerprint = fingerprintOf('management');
    pair.destroy();
    await expect.poll(async () => (await running.call('/metrics')).text).toMatch(/door="proxy",[^}]*499[^}]*\} 1\n/);
    expect((await audited()).toSorted(byPattern)).toEqual(linesOfPair(fingerprint));
  });

  it.each([
    ['frames its answer twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['changes the protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n'],
    ['packs its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['sends a header line that is none', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n'],
  ])('names the token that was sent to an API that %s', async (_what, text) => {
    answer = (_head, socket) => socket.write(text, 'latin1');
    const { status, headers } = await running.callAs('dashboard', '/api/v2/clients');
    expect(status).toBe(502);
    const fingerprint = fingerprintOf('management');
    expect(await audited()).toEqual([
      expect.objectContaining({ event: 'proxy.call', fingerprint, status: 502, request_id: headers['x-request-id'] }),
    ]);
  });

  it('names the token that was sent to an API that says nothing, also where the program leaves', async () => {
    const gone = program('GET /api/v2/clients', { app: 'dashboard' });
    await expect.poll(() => calls).toBe(1);
    gone.destroy();
    const fingerprint = fingerprintOf('management');
    expect(await audited()).toEqual([expect.objectContaining({ event: 'proxy.call', fingerprint, status: 499 })]);
  });

  it('names the token that was sent last where a second one was sent after a 401', async () => {
    answer = (_head, socket) => {
      if (calls === 1) socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    };
    const first = fingerprintOf('management');
    clock.advance(31_000);
    expect((await running.callAs('dashboard', '/api/v2/clients', { method: 'POST' })).status).toBe(502);
    const second = fingerprintOf('management');
    expect(second).not.toBe(first);
    expect(await audited()).toEqual([expect.objectContaining({ fingerprint: second, status: 502 })]);
  });

  it('tells that the answer broke off, and under which id the log tells why', async () => {
    answer = (_head, socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok');
    await expect(running.callAs('dashboard', '/api/v2/clients')).rejects.toThrow();
    answer = (_head, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await running.callAs('dashboard', '/api/v2/clients');
    const [cut, whole] = await audited();
    expect(cut).toMatchObject({ status: 200, is_cut: true, request_id: expect.any(String) as string });
    expect(running.log).toContainEqual(expect.objectContaining({ event: 'proxy.failed', request_id: cut?.['request_id'] }));
    expect(Object.keys(whole ?? {})).toEqual(['time', 'event', 'app', 'listener', 'token', 'fingerprint', 'pattern', 'status', 'ms']);
  });
});

describe('the audit line of a read whose program has left before its token came', () => {
  it.each([
    ['GET /v1/tokens/orders', 'GET /v1/tokens/:name', () => ({ app: 'report' })],
    [
      'POST /oauth/token',
      'POST /oauth/token',
      () => {
        const own = { client_id: 'report', client_secret: running.keys['report'] ?? '', audience: 'urn:orders' };
        const body = new URLSearchParams({ grant_type: 'client_credentials', ...own }).toString();
        return { lines: ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`], body };
      },
    ],
  ])('(%s) says that nobody got it', async (first, pattern, request) => {
    let release: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const issue = issueTokens(86_400);
    running.issuer.answer(async (mint, response) => {
      await asked;
      await issue(mint, response);
    });
    clock.advance(86_400_000);
    const reader = program(first, request());
    const orders = () => running.agent.tokens().find(({ name }) => name === 'orders')?.status;
    await expect.poll(() => orders()?.waiters).toBe(1);
    reader.resetAndDestroy();
    // The agent answers this after it has seen that the program is gone.
    await running.call('/healthz');
    release();
    await expect.poll(() => orders()?.state).toBe('fresh');
    const lines = await audited();
    expect(lines).toEqual([expect.objectContaining({ event: 'token.read', app: 'report', token: 'orders', pattern, status: 499 })]);
    expect(lines[0]).not.toHaveProperty('fingerprint');
  });
});
