import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ListenerOptions, type Listeners, letStream, openListeners } from '../src/index.ts';

async function open(options: Omit<ListenerOptions, 'onError'>): Promise<Listeners> {
  const listeners = await openListeners([{ kind: 'http', host: '127.0.0.1', port: 0 }], { ...options, onError: () => undefined });
  onTestFinished(() => listeners.close({ graceMs: 0 }));
  return listeners;
}

const portOf = (listeners: Listeners): number => Number(new URL(listeners.urls[0] ?? '').port);

async function statusOf(listeners: Listeners): Promise<number | undefined> {
  const [res] = (await once(get(listeners.urls[0] ?? '', { agent: false }), 'response')) as [IncomingMessage];
  res.resume();
  return res.statusCode;
}

describe('requests', () => {
  it('whose body does not come are given up, while one that may stream goes on as long as it flows', async () => {
    let goOn = (): void => undefined;
    let isOver = false;
    const handler: ListenerOptions['handler'] = (req, res) => {
      const isStream = req.url === '/stream';
      if (isStream) letStream(req);
      // One part is on its way at any time, and the next one when it has come.
      req.on('error', () => undefined).on('data', () => isStream && goOn());
      req.on('end', () => res.end('whole'));
    };
    const listeners = await open({ requestTimeoutMs: 1_000, handler });
    const head = (path: string, framing: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framing}\r\n\r\n`;
    const stream = connect(portOf(listeners), '127.0.0.1');
    goOn = () => void stream.write(isOver ? '0\r\n\r\n' : '1\r\nx\r\n');
    stream.write(`${head('/stream', 'Transfer-Encoding: chunked')}1\r\nx\r\n`);
    const streamed = text(stream);
    for (let count = 1; count <= 2; count += 1) {
      const slow = connect(portOf(listeners), '127.0.0.1');
      slow.write(`${head('/', 'Content-Length: 10')}half`);
      expect(await text(slow)).toMatch(/^HTTP\/1\.1 408 /);
    }
    isOver = true;
    expect(await streamed).toMatch(/^HTTP\/1\.1 200 .*whole/s);
  });

  it('find room where others owe the rest of theirs, but not in place of one that may stream', async () => {
    const handler: ListenerOptions['handler'] = (req, res) => {
      if (req.url === '/stream') letStream(req);
      if (req.method === 'GET') res.end('hello');
      else res.writeContinue();
    };
    const listeners = await open({ maxConnections: 3, handler });
    const begin = async (path: string): Promise<Socket> => {
      const socket = connect(portOf(listeners), '127.0.0.1').on('error', () => undefined);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n`);
      await once(socket, 'data');
      onTestFinished(() => void socket.destroy());
      return socket;
    };
    const stream = await begin('/stream');
    const first = await begin('/');
    const second = await begin('/');
    const gone = once(first, 'close');
    expect(await statusOf(listeners)).toBe(200);
    await gone;
    const next = once(second, 'close');
    await begin('/stream');
    await begin('/stream');
    await next;
    expect(await statusOf(listeners)).toBe(429);
    expect(stream.destroyed).toBe(false);
  });
});
