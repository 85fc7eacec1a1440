import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { anyPort, open, portOf } from './an-open-listener.ts';

const size = 1_000_000;

/** A program that has sent a part of a long body, and has an answer that is the last on its connection. */
async function refused(read: (body: IncomingMessage) => unknown): Promise<{ socket: Socket; answer: string; body: IncomingMessage }> {
  let body: IncomingMessage | undefined;
  const listeners = await open([anyPort], {
    handler: (req, res) => {
      body = req;
      read(req);
      res.writeHead(413, { connection: 'close', 'content-length': 7 }).end('too big');
    },
  });
  const socket = connect({ port: portOf(listeners), host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\nbegin`);
  let answer = '';
  socket.on('data', (part) => {
    answer += part.toString();
  });
  await once(socket, 'end');
  return { socket, answer, body: body! };
}

/** What a program reads that sends `beginning`, and goes on once the connection has ended for it; and whether that was reset. */
async function answerTo(beginning: string): Promise<{ answer: string; isReset: boolean }> {
  const listeners = await open([anyPort]);
  const socket = connect({ port: portOf(listeners), host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const isReset = new Promise<boolean>((resolve) => socket.on('error', () => undefined).once('close', resolve));
  let answer = '';
  socket.on('data', (part) => {
    answer += part.toString();
  });
  socket.write(beginning);
  await once(socket, 'end');
  socket.end(Buffer.alloc(size));
  return { answer, isReset: await isReset };
}

describe('a program whose request cannot be read', () => {
  const hello = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  it.each([
    ['a head that is too long', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, /^HTTP\/1\.1 431 .*\r\n\r\n$/s],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n', /^HTTP\/1\.1 400 .*\r\n\r\n$/s],
    ['a chunk that is none', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /^HTTP\/1\.1 200 .*hello$/s],
    ['no HTTP behind a request that is answered', `${hello}SSH-2.0-OpenSSH\r\n`, /^HTTP\/1\.1 200 .*hello$/s],
  ])('(%s) may send the rest: a reset would take the answer from it', async (_what, beginning, expected) => {
    const { answer, isReset } = await answerTo(beginning);
    expect(answer).toMatch(expected);
    expect(isReset).toBe(false);
  });
});

describe('a program whose body is refused', () => {
  it.each<[string, (body: IncomingMessage) => unknown]>([
    ['read', () => undefined],
    ['read to its end', (body) => body.iterator({ destroyOnReturn: false }).next()],
  ])('may send the rest though it is not %s: a reset would take the answer from it', async (_how, read) => {
    const { socket, answer, body } = await refused(read);
    const isTaken = new Promise((resolve) => body.once('close', () => resolve(body.complete)));
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*too big$/s);
    socket.end(Buffer.alloc(size - 'begin'.length));
    expect(await once(socket, 'close')).toEqual([false]);
    expect(await isTaken).toBe(true);
  });

  it('may send the rest also where its connection ends because the listener closes', async () => {
    let answer: (() => void) | undefined;
    let body: IncomingMessage | undefined;
    const listeners = await open([anyPort], {
      handler: (req, res) => {
        body = req;
        answer = () => void res.writeHead(403, { 'content-length': 2 }).end('no');
      },
    });
    const socket = connect({ port: portOf(listeners), host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\nbegin`);
    await expect.poll(() => answer).toBeDefined();
    const closed = listeners.close({ graceMs: 5_000 });
    answer?.();
    socket.resume();
    await once(socket, 'end');
    const isTaken = new Promise((resolve) => body?.once('close', () => resolve(body?.complete)));
    socket.end(Buffer.alloc(size - 'begin'.length));
    expect(await once(socket, 'close')).toEqual([false]);
    expect(await isTaken).toBe(true);
    await closed;
  });

  it('loses its connection where it goes on without end', async () => {
    const { socket } = await refused(() => undefined);
    socket.on('error', () => undefined);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    const more = (): void => {
      if (!socket.destroyed) socket.write('more', () => setImmediate(more));
    };
    more();
    await gone;
  });
});
