import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { ManualClock } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningAgent, startRunningAgent, twoApps } from './a-running-agent.ts';

const clock = new ManualClock();
const sockets = new Set<Socket>();
let api: Server;
/** The request heads that the API got. */
let seen: string[];
/** What the API writes after each head, byte for byte (Latin-1). */
let answer: (head: string) => string;
let running: RunningAgent;
let port: number;

beforeEach(async () => {
  seen = [];
  api = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (head: string) => {
      seen.push(head);
      socket.write(answer(head), 'latin1');
    });
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  running = await startRunningAgent({ yaml: twoApps(`http://127.0.0.1:${(api.address() as AddressInfo).port}`), clock });
  port = Number(new URL(running.url).port);
});

afterEach(async () => {
  await running.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => api.close(resolve));
});

/** Calls the API as `dashboard` with these further header lines and answers all that comes back, byte for byte. */
function call(...lines: string[]): Promise<string> {
  const own = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${running.keys['dashboard']}`, 'Connection: close'];
  const request = ['GET /api/v2/clients HTTP/1.1', ...own, ...lines, '', ''].join('\r\n');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'));
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}

describe('an answer of an API', () => {
  it('keeps each byte of its headers, and so does the request', async () => {
    answer = () => 'HTTP/1.1 200 OK\r\nX-Name: caf\xe9 \xe6\x96\x87\r\nContent-Length: 2\r\n\r\nok';
    expect(await call('X-Place: caf\xe9 \xe6\x96\x87')).toContain('X-Name: caf\xe9 \xe6\x96\x87\r\n');
    expect(seen[0]).toContain('x-place: caf\xe9 \xe6\x96\x87\r\n');
  });

  it('may have any reason phrase', async () => {
    answer = () => 'HTTP/1.1 200 Tr\xc3\xa8s bien \xe6\x96\x87\r\nContent-Length: 2\r\n\r\nok';
    const reply = await call();
    expect([reply.split('\r\n', 1)[0], reply.slice(-6)]).toEqual(['HTTP/1.1 200 OK', '\r\n\r\nok']);
  });

  it('with a 401 whose body never ends does not hold up the second call', async () => {
    const first = running.issuer.requests.length;
    answer = () =>
      seen.length === 1 ? 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    clock.advance(31_000);
    expect(await call()).toMatch(/^HTTP\/1\.1 200 OK.*ok$/s);
    expect([seen.length, running.issuer.requests.length]).toEqual([2, first + 1]);
  });
});

describe('a call', () => {
  it('cannot carry another method or path than the one that its rule allows', async () => {
    answer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const others = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Original-Method', 'X-Original-URL', 'X-Rewrite-URL'];
    expect(await call(...others.map((name) => `${name}: DELETE`), 'X-Original: kept')).toContain('200 OK');
    expect(seen[0]).not.toContain('DELETE');
    expect(seen[0]).toContain('x-original: kept\r\n');
  });

  it('carries no header that a server behind the API could read as another one', async () => {
    answer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    // CGI and WSGI know no difference between `-` and `_`.
    const names = ['X_HTTP_Method_Override', 'X-HTTP_Method-Override', 'X_Original_URL', 'Transfer_Encoding', 'X_Forwarded_For', 'Via_'];
    expect(await call(...names.map((name) => `${name}: hidden`), 'Content_Length: 0', 'X-Plain: kept')).toContain('200 OK');
    expect(seen[0]).not.toMatch(/hidden|content_length/i);
    expect(seen[0]).toContain('x-plain: kept\r\n');
  });
});
