import { createServer } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Connections } from '../src/connections.ts';
import { type ListenerOptions, openListener } from '../src/listener.ts';

/** A megabyte; forty are more than the systems of both ends buffer. */
const part = Buffer.alloc(1_024 * 1_024);
const long = (): Readable => Readable.from(Array.from({ length: 40 }, () => part));

/** Asks, and reads nothing until `resume`. */
function ask(port: number): Socket {
  const program = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void program.destroy());
  program.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  return program;
}

/** A server whose answers are long, and which takes its connections in at moment 0; `begin` asks it and answers both ends, its own first. */
async function serve(connections: Connections): Promise<{ begin: () => Promise<[Socket, Socket]> }> {
  let arrived = (_socket: Socket): void => undefined;
  const server = createServer((request, response) => {
    const { socket } = request;
    connections.begin(socket, response);
    long().pipe(response.on('close', () => connections.end(socket)));
    arrived(socket);
  });
  server.on('connection', (socket: Socket) => connections.enter(socket, 0));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const begin = async (): Promise<[Socket, Socket]> => {
    const asked = new Promise<Socket>((resolve) => {
      arrived = resolve;
    });
    const program = ask((server.address() as AddressInfo).port);
    const socket = await asked;
    await expect.poll(() => socket.writableLength, { interval: 5 }).toBeGreaterThan(0);
    return [socket, program];
  };
  return { begin };
}

describe('a connection whose peer reads nothing of its answer', () => {
  it('is dropped when it has had its time', async () => {
    const connections = new Connections(() => 10);
    const [socket] = await (await serve(connections)).begin();
    // Until nothing leaves any more, for the system takes some of it.
    await full(socket);
    connections.dropUnread(1_000, 30_000);
    connections.dropUnread(30_999, 30_000);
    expect(socket.destroyed).toBe(false);
    connections.dropUnread(31_000, 30_000);
    expect(socket.destroyed).toBe(true);
  });

  it('stays while more of it is read', async () => {
    const connections = new Connections(() => 10);
    const [socket, program] = await (await serve(connections)).begin();
    await full(socket);
    for (let now = 20_000; now <= 80_000; now += 20_000) {
      connections.dropUnread(now, 30_000);
      const before = socket.bytesWritten;
      program.resume();
      await expect.poll(() => socket.bytesWritten, { interval: 1 }).toBeGreaterThan(before);
      program.pause();
      await full(socket);
    }
    expect(socket.destroyed).toBe(false);
    program.resume();
    await expect.poll(() => connections.isIdle(socket), { interval: 5, timeout: 10_000 }).toBe(true);
    connections.dropUnread(200_000, 30_000);
    expect(socket.destroyed).toBe(false);
  });

  it('gives way to another one after a second, the one that asked first before the others', async () => {
    const connections = new Connections(() => 2);
    const { begin } = await serve(connections);
    const sockets = [(await begin())[0], (await begin())[0]];
    for (const socket of sockets) await full(socket);
    const gone = (): boolean[] => sockets.map(({ destroyed }) => destroyed);
    connections.dropUnread(5_000, 30_000);
    const newcomer = new Socket();
    expect(connections.enter(newcomer, 5_999)).toBe(false);
    connections.leave(newcomer);
    expect(gone()).toEqual([false, false]);
    expect(connections.enter(new Socket(), 6_000)).toBe(true);
    expect(gone()).toEqual([true, false]);
  });

  it('is dropped by a listener, whatever it has asked for', async () => {
    let wasWhole: boolean | undefined;
    const ended = new Promise<void>((resolve) => {
      const options = { requestTimeoutMs: 100, onError: () => undefined };
      const handler: ListenerOptions['handler'] = (_request, response) => {
        long().pipe(response);
        response.on('close', () => {
          wasWhole = response.writableFinished;
          resolve();
        });
      };
      void openListener({ kind: 'http', host: '127.0.0.1', port: 0 }, { ...options, handler }).then((listener) => {
        onTestFinished(() => listener.close(0));
        ask((listener.address as { port: number }).port);
      });
    });
    await ended;
    expect(wasWhole).toBe(false);
  });
});

/** Waits until what leaves stays the same over some turns of the event loop. */
async function full(socket: Socket): Promise<void> {
  let [before, same] = [-1, 0];
  await expect
    .poll(
      () => {
        same = socket.bytesWritten === before ? same + 1 : 0;
        before = socket.bytesWritten;
        return same;
      },
      { interval: 5, timeout: 10_000 },
    )
    .toBeGreaterThan(4);
}
