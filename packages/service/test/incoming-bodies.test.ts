import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IncomingBodies, letStream } from '../src/incoming-bodies.ts';

const head = (length: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

interface Arrived {
  readonly program: Socket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** All that the program hears. */
  heard(): Promise<string>;
  /** Whether its connection ends: at once, or when what was written has left. */
  isCut(): boolean;
}

/** Begins a request of `length` bytes at moment 0, after one of two bytes on the same connection where `before` takes that; answers both ends of it. */
async function beginRequest(
  bodies: IncomingBodies,
  { length = 10, before }: { length?: number; before?: (request: IncomingMessage, response: ServerResponse) => void } = {},
): Promise<Arrived> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let isFirst = before !== undefined;
  const arrived = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
    server.on('request', (request, response) => {
      bodies.begin(request, response, 0);
      request.on('error', () => undefined);
      if (isFirst) before?.(request, response);
      else resolve([request, response]);
      isFirst = false;
    });
  });
  const program = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => {
    program.destroy();
    server.close();
  });
  program.write(`${before === undefined ? '' : `${head(2)}ok`}${head(length)}`);
  const [request, response] = await arrived;
  const { socket } = request;
  return { program, request, response, heard: () => text(program), isCut: () => socket.destroyed || socket.writableEnded };
}

describe('a body on its way', () => {
  it('has to be there in time, however steadily it comes', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, heard, isCut } = await beginRequest(bodies);
    program.write('half');
    await once(request, 'data');
    bodies.cutSlow(4_999);
    expect(isCut()).toBe(false);
    bodies.cutSlow(5_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('may take as long as it flows where it may stream, and no longer', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, heard, isCut } = await beginRequest(bodies);
    letStream(request);
    for (let now = 4_000; now <= 20_000; now += 4_000) {
      program.write('x');
      await once(request, 'data');
      bodies.cutSlow(now);
    }
    expect(isCut()).toBe(false);
    bodies.cutSlow(24_999);
    expect(isCut()).toBe(false);
    bodies.cutSlow(25_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is not waited for any more once it is there', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, isCut } = await beginRequest(bodies);
    const whole = once(request.resume(), 'end');
    program.write('0123456789');
    await whole;
    bodies.cutSlow(60_000);
    expect(isCut()).toBe(false);
  });

  it.each([
    { which: 'one that may stream', mayStream: true },
    { which: 'another', mayStream: false },
  ])('that goes on after its request was answered has to end in time, $which', async ({ mayStream }) => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, response, isCut, heard } = await beginRequest(bodies);
    if (mayStream) letStream(request);
    const answered = once(response, 'close');
    response.end('done');
    await answered;
    bodies.end(request);
    program.write('half');
    bodies.cutSlow(4_999);
    expect(isCut()).toBe(false);
    bodies.cutSlow(5_000);
    expect(isCut()).toBe(true);
    expect(await heard()).not.toContain('408');
  });

  it('that is complete when its request is answered is not watched any more', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, response, isCut } = await beginRequest(bodies);
    const whole = once(request.resume(), 'end');
    program.write('0123456789');
    await whole;
    const answered = once(response, 'close');
    response.end('done');
    await answered;
    bodies.end(request);
    bodies.cutSlow(60_000);
    expect(isCut()).toBe(false);
  });

  it('that may stream has time for as long as nobody reads it', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, heard, isCut } = await beginRequest(bodies, { length: 4_000_000 });
    letStream(request);
    program.write(Buffer.alloc(4_000_000 - 1));
    // Node stops reading from the connection when it holds enough of the body.
    await expect.poll(() => request.socket.isPaused(), { interval: 5 }).toBe(true);
    for (let now = 4_000; now <= 60_000; now += 14_000) bodies.cutSlow(now);
    expect(isCut()).toBe(false);
    let read = 0;
    request.on('data', (part: Buffer) => {
      read += part.length;
    });
    await expect.poll(() => read, { interval: 5 }).toBe(4_000_000 - 1);
    bodies.cutSlow(61_000);
    bodies.cutSlow(65_999);
    expect(isCut()).toBe(false);
    bodies.cutSlow(66_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('has its own time, whatever becomes of the request before it', async () => {
    const bodies = new IncomingBodies(5_000);
    const before: [IncomingMessage, ServerResponse][] = [];
    const { heard } = await beginRequest(bodies, { before: (...first) => before.push(first) });
    for (const [request, response] of before) {
      const closed = once(response, 'close');
      response.end('answered');
      await closed;
      bodies.end(request);
    }
    bodies.cutSlow(5_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 200 .*answered.*HTTP\/1\.1 408 /s);
  });

  it('is cut off without a word where its answer has begun', async () => {
    const bodies = new IncomingBodies(5_000);
    const { response, heard } = await beginRequest(bodies);
    response.writeHead(200, { 'content-length': '100' }).write('begun');
    bodies.cutSlow(5_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nbegun$/s);
  });
});
