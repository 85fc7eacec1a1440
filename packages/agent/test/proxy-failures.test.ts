import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startReloadableAgent } from './a-reloadable-agent.ts';
import { twoApps } from './a-running-agent.ts';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

describe('after a 401 of the API', () => {
  /** An API that knows every token but the first. */
  function refuse(...tokens: string[]): void {
    stage.answer = async (request, response, read) => {
      const body = await read();
      const isRefused = tokens.includes(request.headers.authorization ?? '');
      response.writeHead(isRefused ? 401 : 200).end(isRefused ? 'refused' : `taken ${body}`);
    };
  }

  it.each([
    ['no body', undefined, {}],
    ['a short body', 'short', {}],
    ['a short chunked body', 'chunks', { 'transfer-encoding': 'chunked' }],
    ['a body of 64 KiB', 'x'.repeat(65_536), {}],
  ])('a call with %s is made once more with a new token', async (_what, body, headers) => {
    const first = `Bearer ${await stage.liveToken()}`;
    refuse(first);
    stage.clock.advance(31_000);
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', {
      method: 'POST',
      headers,
      ...(body !== undefined && { body }),
    });
    expect([reply.status, reply.text]).toEqual([200, `taken ${body ?? ''}`]);
    expect(stage.seen.map((request) => request.headers.authorization)).toEqual([first, `Bearer ${await stage.liveToken()}`]);
    expect(stage.running.issuer.requests).toHaveLength(4);
  });

  it.each([
    ['longer body', {}],
    ['longer chunked body', { 'transfer-encoding': 'chunked' }],
  ])('a call with a %s is not repeated, but the token is replaced', async (_what, headers) => {
    const first = await stage.liveToken();
    refuse(`Bearer ${first}`);
    stage.clock.advance(31_000);
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', { method: 'POST', headers, body: 'x'.repeat(65_537) });
    expect([reply.status, reply.text, stage.seen.length]).toEqual([401, 'refused', 1]);
    await expect.poll(() => stage.liveToken()).not.toBe(first);
  });

  it('the 401 is passed on where no other token can be had, and nothing is repeated', async () => {
    const first = await stage.liveToken();
    refuse(`Bearer ${first}`);
    // Minted less than 30 s ago: no other one may be asked for yet.
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.text, stage.seen.length]).toEqual([401, 'refused', 1]);
    expect(stage.running.issuer.requests).toHaveLength(3);
  });

  it('the second 401 is passed on', async () => {
    stage.answer = async (_request, response, read) => {
      await read();
      response.writeHead(401).end('never');
    };
    stage.clock.advance(31_000);
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.text, stage.seen.length]).toEqual([401, 'never', 2]);
  });

  it('a 403 is passed on and changes nothing', async () => {
    stage.answer = (_request, response) => void response.writeHead(403).end('forbidden');
    stage.clock.advance(31_000);
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).status).toBe(403);
    expect(stage.running.issuer.requests).toHaveLength(3);
  });
});

describe('an API that fails', () => {
  it('and cannot be reached is a 502 with an id that is in the log', async () => {
    stage.server.closeAllConnections();
    await new Promise((resolve) => stage.server.close(resolve));
    for (const body of [undefined, 'x'.repeat(100_000)]) {
      const reply = await stage.running.callAs('dashboard', '/api/v2/clients', { method: 'POST', ...(body !== undefined && { body }) });
      expect([reply.status, reply.json()['code']]).toEqual([502, 'upstream_unreachable']);
      expect(stage.running.log).toContainEqual(
        expect.objectContaining({ event: 'proxy.failed', error_id: reply.json()['error_id'], status: 502 }),
      );
    }
  });

  it('and speaks no TLS, or has a certificate that nobody trusts, is told by the code of that', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const secure = createServer(await ca.serverCertificate(['localhost']));
    await new Promise<void>((resolve) => secure.listen(0, 'localhost', resolve));
    onTestFinished(async () => void (await new Promise((resolve) => secure.close(resolve))));
    const detailOf = async (origin: string): Promise<unknown> => {
      await stage.running.close();
      await stage.start({ yaml: twoApps(origin) });
      const reply = await stage.running.callAs('dashboard', '/api/v2/clients');
      expect([reply.status, reply.json()['code']]).toEqual([502, 'upstream_unreachable']);
      return reply.json()['detail'];
    };
    const origin = `https://localhost:${(secure.address() as AddressInfo).port}`;
    expect(await detailOf(origin)).toMatch(/: its certificate is not trusted \([A-Z_]+\)\.$/);
    expect(await detailOf(stage.origin.replace('http:', 'https:'))).toMatch(/broke off \(ERR_SSL_\w+\)\.$/);
  });

  it('and does not answer in time is a 504', async () => {
    await stage.running.close();
    await stage.start({ proxyTimeoutMs: 40 });
    stage.answer = () => undefined;
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients');
    expect([reply.status, reply.json()['code']]).toEqual([504, 'upstream_timeout']);
  });

  it('and is silent for as long as its token allows is waited for, from the next reload on', async () => {
    const { callAs, agent, edit } = await startReloadableAgent({
      yaml: (issuer, hashOf) => `${twoApps(stage.origin)(issuer, hashOf)}listen: ["http://127.0.0.1:0"]\n`,
      proxyTimeoutMs: 40,
    });
    const held: (() => void)[] = [];
    stage.answer = (_request, response) => void held.push(() => void response.end('at last'));
    expect((await callAs('both', '/proxy/management/api/v2/a')).status).toBe(504);
    await edit([/, audience: "[^"]*\/api\/v2\/"/, '$&, api_read_timeout_ms: 60000']);
    expect(await agent.reload()).toMatchObject({ isApplied: true, changes: ['token management changed'] });
    const poll = callAs('both', '/proxy/management/api/v2/a');
    await expect.poll(() => held.length).toBe(2);
    // Asked later, and given up before.
    expect((await callAs('both', '/proxy/orders/a')).status).toBe(504);
    held[1]?.();
    expect((await poll).text).toBe('at last');
  });

  it('and breaks off in the middle is told by a broken answer, never by a whole one', async () => {
    stage.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    await expect(stage.running.callAs('dashboard', '/api/v2/clients')).rejects.toThrow();
    expect(stage.running.log).toContainEqual(expect.objectContaining({ event: 'proxy.failed', token: 'management' }));
    stage.answer = (_request, response) => void response.end('well again');
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).text).toBe('well again');
  });

  it('and answers before the body is read still answers', async () => {
    stage.answer = (_request, response) => void response.writeHead(413).end('too long');
    const reply = await stage.running
      .callAs('dashboard', '/api/v2/clients', { method: 'POST', body: 'x'.repeat(3_000_000) })
      .catch((error: NodeJS.ErrnoException) => error);
    // Node may cut the connection while the program still sends: an answer or a reset, but never a hang.
    if (reply instanceof Error) expect(reply.code).toMatch(/EPIPE|ECONNRESET/);
    else expect(reply.status).toBe(413);
    stage.answer = (_request, response) => void response.end('well again');
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).text).toBe('well again');
  });
});

describe('a program that goes away', () => {
  it('ends the call to the API', async () => {
    const aborted = new Promise<void>((resolve) => {
      stage.answer = (request, response) => {
        response.on('close', () => resolve());
        request.socket.on('error', () => undefined);
        program.destroy();
      };
    });
    const { port } = new URL(stage.running.url);
    const program = connect(Number(port), '127.0.0.1', () => {
      program.write(
        `GET /api/v2/clients HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${stage.running.keys['dashboard']}\r\n\r\n`,
      );
    });
    await aborted;
    await expect
      .poll(() => stage.running.log.filter((line) => line['event'] === 'proxy.call'))
      .toEqual([expect.objectContaining({ status: 499 })]);
    expect(stage.running.log.filter((line) => line['event'] === 'proxy.failed')).toEqual([]);
  });
});
