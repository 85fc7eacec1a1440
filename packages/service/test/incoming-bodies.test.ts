import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IncomingBodies, letStream } from '../src/incoming-bodies.ts';

/** Begins a request of ten bytes at moment 0; answers both ends of it. */
async function beginRequest(bodies: IncomingBodies): Promise<{ program: Socket; request: IncomingMessage; heard: () => Promise<string> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const arrived = new Promise<IncomingMessage>((resolve) => {
    server.on('request', (request, response) => {
      bodies.begin(request, response, 0);
      resolve(request.on('error', () => undefined));
    });
  });
  const program = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => {
    program.destroy();
    server.close();
  });
  program.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
  return { program, request: await arrived, heard: () => text(program) };
}

describe('a body on its way', () => {
  it('has to be there in time, however steadily it comes', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, heard } = await beginRequest(bodies);
    program.write('half');
    await once(request, 'data');
    bodies.cutSlow(4_999);
    expect(request.destroyed).toBe(false);
    bodies.cutSlow(5_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('may take as long as it flows where it may stream, and no longer', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request, heard } = await beginRequest(bodies);
    letStream(request);
    for (let now = 4_000; now <= 20_000; now += 4_000) {
      program.write('x');
      await once(request, 'data');
      bodies.cutSlow(now);
    }
    expect(request.destroyed).toBe(false);
    bodies.cutSlow(24_999);
    expect(request.destroyed).toBe(false);
    bodies.cutSlow(25_000);
    expect(await heard()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is not waited for any more once it is there', async () => {
    const bodies = new IncomingBodies(5_000);
    const { program, request } = await beginRequest(bodies);
    const whole = once(request.resume(), 'end');
    program.write('0123456789');
    await whole;
    bodies.cutSlow(60_000);
    expect(request.socket.destroyed).toBe(false);
  });
});
