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
