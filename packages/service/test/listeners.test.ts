import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DescriptorShares } from '../src/descriptor-shares.ts';
import { type ListenAddress, type ListenerOptions, openListeners, openLocalCa, openStateFolder } from '../src/index.ts';
import { anyPort, greeting, open, portOf } from './an-open-listener.ts';

async function answer(req: ClientRequest): Promise<{ res: IncomingMessage; text: string }> {
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { res, text: await text(res) };
}

const read = async (target: string | { socketPath: string }): Promise<string> =>
  (await answer(typeof target === 'string' ? get(target, { agent: false }) : get({ ...target, agent: false }))).text;

/** Sends `bytes`, and nothing after them where `isAll`, and waits for what becomes of it. */
async function talk(port: number, bytes: string, isAll: boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  if (isAll) socket.end(bytes);
  else socket.write(bytes);
  return await text(socket);
}

describe('openListeners', () => {
  it('listens on a free port and tells which', async () => {
    const listeners = await open([anyPort]);
    expect(listeners.urls).toEqual([`http://127.0.0.1:${portOf(listeners)}`]);
    expect(await read(listeners.urls[0]!)).toBe('hello');
  });

  it('listens for localhost on 127.0.0.1 and on ::1, on one port', async () => {
    const listeners = await open([{ kind: 'http', host: 'localhost', port: 0 }]);
    const port = portOf(listeners);
    expect(listeners.urls).toEqual([`http://localhost:${port}`]);
    expect(await read(`http://127.0.0.1:${port}`)).toBe('hello');
    const probe = createServer();
    const hasIpv6 = await new Promise((resolve) =>
      probe.once('error', () => resolve(false)).listen(0, '::1', () => probe.close(() => resolve(true))),
    );
    if (hasIpv6 === true) expect(await read(`http://[::1]:${port}`)).toBe('hello');
  });

  it('tells the handler through which address a request came', async () => {
    const path = join(await freshFolder(), 's');
    const listeners = await open([anyPort, { kind: 'unix', path, mode: 0o600 }], {
      handler: (_req, res, address) => res.end(address.kind === 'unix' ? address.path : String(address.port)),
    });
    expect(await read(listeners.urls[0]!)).toBe(String(portOf(listeners)));
    expect(await read({ socketPath: path })).toBe(path);
  });

  it('names a taken port and what to do', async () => {
    const first = await open([anyPort]);
    const port = portOf(first);
    const error: unknown = await openListeners([{ kind: 'http', host: '127.0.0.1', port }], greeting).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'port_taken', place: `http://127.0.0.1:${port}` });
    expect((error as Error).message).toBe(
      `Port ${port} on 127.0.0.1 is taken: http://127.0.0.1:${port}. Stop the program that listens there or choose another port.`,
    );
  });

  it('takes no half of localhost when the other is taken', async () => {
    const first = await open([anyPort]);
    await expect(openListeners([{ kind: 'http', host: 'localhost', port: portOf(first) }], greeting)).rejects.toMatchObject({
      code: 'port_taken',
    });
  });

  it('opens all addresses or none', async () => {
    const [taken, free] = [await open([anyPort]), await open([anyPort])];
    const address: ListenAddress = { kind: 'http', host: '127.0.0.1', port: portOf(free) };
    await free.close();
    await expect(openListeners([address, taken.addresses[0]!], greeting)).rejects.toMatchObject({ code: 'port_taken' });
    await open([address]);
  });

  it('names an address that the machine does not have', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const options = { ...greeting, certificate: ca.serverCertificate, allowRemote: true };
    await expect(openListeners([{ kind: 'https', host: '192.0.2.1', port: 0 }], options)).rejects.toMatchObject({
      code: 'address_unavailable',
    });
  });

  it('listens where others come only when that is said, and over https alone', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const options = { ...greeting, certificate: ca.serverCertificate };
    const everywhere: ListenAddress = { kind: 'https', host: '0.0.0.0', port: 0 };
    await expect(openListeners([everywhere], options)).rejects.toMatchObject({ code: 'address_invalid', place: 'https://0.0.0.0:0' });
    const overHttp: ListenAddress = { ...everywhere, kind: 'http' };
    await expect(openListeners([overHttp], { ...options, allowRemote: true })).rejects.toMatchObject({ code: 'address_invalid' });
    await open([everywhere], { ...options, allowRemote: true });
  });

  it('shows a certificate of all names by which a peer comes: of the host, of this machine where any address is meant, and of those given', async () => {
    const asked: string[][] = [];
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const certificate = (hosts: string[]) => {
      asked.push(hosts);
      return ca.serverCertificate(hosts);
    };
    const names = () => ['agent.internal', '192.0.2.7'];
    const addresses = ['127.0.0.1', '0.0.0.0'].map((host): ListenAddress => ({ kind: 'https', host, port: 0 }));
    await open(addresses, { certificate, names, allowRemote: true });
    expect(asked).toEqual([
      ['127.0.0.1', 'agent.internal', '192.0.2.7'],
      ['localhost', '0.0.0.0', 'agent.internal', '192.0.2.7'],
    ]);
  });

  it('refuses https without a certificate, and with one whose key is another', async () => {
    const address: ListenAddress = { kind: 'https', host: 'localhost', port: 0 };
    await expect(openListeners([address], greeting)).rejects.toMatchObject({ code: 'certificate_invalid' });
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const certificate = async (hosts: string[]) => ({
      cert: (await ca.serverCertificate(hosts)).cert,
      key: (await ca.serverCertificate(hosts)).key,
    });
    await expect(openListeners([address], { ...greeting, certificate })).rejects.toMatchObject({ code: 'certificate_invalid' });
  });

  it('takes up a new certificate while it runs', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const listeners = await open([{ kind: 'https', host: '127.0.0.1', port: 0 }], {
      certificate: ca.serverCertificate,
      renewCertificateMs: 20,
    });
    const serial = async (): Promise<string> => {
      const socket = connectTls({ host: '127.0.0.1', port: portOf(listeners), ca: ca.certificatePem });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const first = await serial();
    await expect.poll(serial, { interval: 5 }).not.toBe(first);
  });

  it('goes on with the old certificate when a new one cannot be had, and tells', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    let calls = 0;
    const failure = await new Promise((resolve, reject) => {
      open([{ kind: 'https', host: '127.0.0.1', port: 0 }], {
        renewCertificateMs: 5,
        onError: resolve,
        certificate: (hosts) => {
          calls += 1;
          return calls === 1 ? ca.serverCertificate(hosts) : Promise.reject(new Error('no disk'));
        },
      }).catch(reject);
    });
    expect(failure).toMatchObject({ message: 'no disk' });
  });
});

describe('requests', () => {
  it('are refused in plain words beyond the connections a listener serves', async () => {
    // Every answer but that to a plain request stays open, and with it the connection at work.
    const handler: ListenerOptions['handler'] = (req, res) => (req.url === '/held' ? res.write('begun') : res.end('hello'));
    const listeners = await open([anyPort], { maxConnections: 2, handler });
    const held: Socket[] = [];
    for (let count = 0; count < 2; count += 1) {
      const socket = connect(portOf(listeners), '127.0.0.1');
      held.push(socket);
      socket.write('GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
    }
    const { res, text: problem } = await answer(get(listeners.urls[0]!, { agent: false }));
    expect(res.statusCode).toBe(429);
    expect(res.headers).toMatchObject({ 'content-type': 'application/problem+json', connection: 'close', 'retry-after': '1' });
    expect(JSON.parse(problem)).toEqual({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      code: 'too_many_connections',
      detail: 'At most 2 connections are served at once. Reuse them, and try again.',
    });
    held[0]!.destroy();
    await expect.poll(async () => (await answer(get(listeners.urls[0]!, { agent: false }))).res.statusCode, { interval: 5 }).toBe(200);
    held[1]!.destroy();
  });

  it('are served on as many connections as the part allows that a listener has now of the file descriptors', async () => {
    const descriptors = new DescriptorShares(64);
    const handler: ListenerOptions['handler'] = (req, res) => (req.url === '/held' ? res.write('begun') : res.end('hello'));
    const other = await open([anyPort], { descriptors });
    const listeners = await open([anyPort], { handler, descriptors });
    await expect(openListeners([anyPort, other.addresses[0]!], { ...greeting, descriptors })).rejects.toThrow('taken');
    const hold = async (): Promise<void> => {
      const socket = connect(portOf(listeners), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write('GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
    };
    const beyond = async (): Promise<unknown> => {
      const { res, text: problem } = await answer(get(listeners.urls[0]!, { agent: false }));
      return [res.statusCode, (JSON.parse(problem) as { detail: string }).detail.split('.')[0]];
    };
    expect(descriptors.connections).toBe(8);
    for (let count = 0; count < 8; count += 1) await hold();
    expect(await beyond()).toEqual([429, 'At most 8 connections are served at once']);
    await other.close();
    expect(descriptors.connections).toBe(16);
    for (let count = 0; count < 8; count += 1) await hold();
    // With as many, nobody else would have come in at all when it began to listen.
    expect(await beyond()).toEqual([429, 'At most 16 connections are served at once']);
    await listeners.close({ graceMs: 0 });
  });

  it('find room where every connection is idle, and the one idle longest goes', async () => {
    const listeners = await open([anyPort], { maxConnections: 2 });
    const sockets: Socket[] = [];
    for (let count = 0; count < 2; count += 1) {
      const socket = connect(portOf(listeners), '127.0.0.1');
      sockets.push(socket);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
    }
    const gone = once(sockets[0]!, 'close');
    expect(await read(listeners.urls[0]!)).toBe('hello');
    await gone;
    sockets[1]!.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(sockets[1]!, 'data');
    sockets[1]!.destroy();
  });

  it('find room where a connection is idle, for as long as its last answer is past', async () => {
    const held: ServerResponse[] = [];
    const handler: ListenerOptions['handler'] = (req, res) => (req.url === '/held' ? held.push(res) : res.end('hello'));
    const listeners = await open([anyPort], { maxConnections: 2, handler });
    const sockets: Socket[] = [];
    for (let count = 1; count <= 2; count += 1) {
      const socket = connect(portOf(listeners), '127.0.0.1').resume();
      onTestFinished(() => void socket.destroy());
      sockets.push(socket);
      socket.write('GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await expect.poll(() => held.length, { interval: 5 }).toBe(count);
    }
    // The one that asked last is answered first.
    for (const response of held.reverse()) {
      const answered = once(response, 'close');
      response.end('late');
      await answered;
    }
    const gone = once(sockets[1]!, 'close');
    expect(await read(listeners.urls[0]!)).toBe('hello');
    await gone;
    sockets[0]!.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(sockets[0]!, 'data');
  });

  it('find room also where others never end their TLS handshake', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const listeners = await open([{ kind: 'https', host: '127.0.0.1', port: 0 }], { maxConnections: 2, certificate: ca.serverCertificate });
    const silent: Socket[] = [];
    for (let count = 0; count < 12; count += 1) {
      const socket = connect(portOf(listeners), '127.0.0.1').on('error', () => undefined);
      silent.push(socket);
      await once(socket, 'connect');
    }
    const socket = connectTls({ host: '127.0.0.1', port: portOf(listeners), ca: ca.certificatePem });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*hello/s);
    for (const one of silent) one.destroy();
  });

  it('with an expectation that nobody knows come to the handler like any other', async () => {
    const listeners = await open([anyPort]);
    const { res, text } = await answer(get(listeners.urls[0]!, { agent: false, headers: { expect: 'a-miracle' } }));
    expect([res.statusCode, text]).toEqual([200, 'hello']);
  });

  it('whose head comes too slowly are given up', async () => {
    const listeners = await open([anyPort], { requestTimeoutMs: 20 });
    const answered = await talk(portOf(listeners), 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ', false);
    expect(answered).toMatch(/^HTTP\/1\.1 408 /);
  });

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a bare line feed in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\nTransfer-Encoding : chunked\r\n\r\n', 400],
    ['17 KiB of headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ])('with %s are refused before the handler', async (_case, bytes, status) => {
    let calls = 0;
    const listeners = await open([anyPort], {
      handler: (_req, res) => {
        calls += 1;
        res.end();
      },
    });
    expect(await talk(portOf(listeners), bytes, true)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(calls).toBe(0);
  });
});
