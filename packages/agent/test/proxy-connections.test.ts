import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();
const patience = { timeout: 30_000 };

/** Sends a call and answers the connection to the API that it came on, with the program's side of it. */
async function beginCall(): Promise<{ socket: Socket; leave: () => void }> {
  const arrived = new Promise<IncomingMessage>((resolve) => {
    stage.answer = (request) => resolve(request);
  });
  const headers = { authorization: `Bearer ${stage.running.keys['dashboard']}` };
  const program = httpRequest(new URL('/api/v2/clients', stage.running.url), { headers, agent: false });
  program.on('error', () => undefined).end();
  return { socket: (await arrived).socket, leave: () => program.destroy() };
}

describe('the connections to an API', () => {
  it('carry call after call, also from programs that have closed theirs', async () => {
    const sockets = new Set<Socket>();
    stage.answer = (request, response) => {
      sockets.add(request.socket);
      response.end('ok');
    };
    for (let call = 0; call < 10; call += 1) {
      const reply = await stage.running.callAs('dashboard', '/api/v2/clients', { agent: false });
      expect(reply.text).toBe('ok');
    }
    expect(sockets.size).toBe(1);
  });

  it('end with a call that its program has left', async () => {
    const { socket, leave } = await beginCall();
    const closed = once(socket, 'close');
    leave();
    await closed;
    stage.answer = (_request, response) => void response.end('ok');
    expect((await stage.running.callAs('dashboard', '/api/v2/clients')).text).toBe('ok');
  });
});

describe('the connection of a program', () => {
  /** Sends `path` a part of a body, on a connection that may be used again; what the answer says of that. */
  async function connectionAfter(path: string): Promise<[status: number | undefined, connection: string | undefined]> {
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const headers = { authorization: `Bearer ${stage.running.keys['dashboard']}`, 'content-length': '4' };
    const program = httpRequest(new URL(path, stage.running.url), { method: 'POST', headers, agent });
    program.on('error', () => undefined).write('ha');
    const [answer] = (await once(program, 'response')) as [IncomingMessage];
    program.destroy();
    return [answer.statusCode, answer.headers.connection];
  }

  it('ends where the body of its request is read by nobody: the API has answered before it, or the call is refused', async () => {
    stage.answer = (_request, response) => void response.end('early');
    expect(await connectionAfter('/api/v2/clients')).toEqual([200, 'close']);
    expect(await connectionAfter('/api/v2/unknown/path/to/nothing')).toEqual([403, 'close']);
  });

  it('is used again else', async () => {
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const reply = await stage.running.callAs('dashboard', '/api/v2/clients', { method: 'POST', body: 'whole', agent });
    expect([reply.status, reply.headers.connection]).toEqual([200, 'keep-alive']);
  });
});

describe('an app that takes no answers', () => {
  it('has so many calls under way and no more, and leaves connections to the others', async () => {
    const held: ServerResponse[] = [];
    stage.answer = (_request, response) => void held.push(response);
    const call = (app: string) => stage.running.callAs(app, '/proxy/management/api/v2/clients');
    const underWay = Array.from({ length: 64 }, () => call('dashboard'));
    await expect.poll(() => held.length, patience).toBe(64);
    // Its rate alone would let it in.
    stage.clock.advance(2_000);
    underWay.push(...Array.from({ length: 64 }, () => call('dashboard')));
    await expect.poll(() => held.length, patience).toBe(128);
    stage.clock.advance(2_000);
    const refused = await call('dashboard');
    expect([refused.status, refused.json()['code'], refused.headers['retry-after']]).toEqual([429, 'too_many_calls', '1']);
    stage.answer = (_request, response) => void response.end('ok');
    expect((await call('both')).text).toBe('ok');
    for (const response of held) response.end('late');
    expect(new Set((await Promise.all(underWay)).map(({ text }) => text))).toEqual(new Set(['late']));
    expect((await call('dashboard')).text).toBe('ok');
  }, 60_000);
});
