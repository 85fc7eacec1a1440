import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { ManualClock } from '@evertoken/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { readBody } from './read-body.ts';

/** A request whose head, and as much of its body of four bytes as is given, have come; and the way for its program to send more and to leave. */
async function aRequest(body: string) {
  let tell: (request: IncomingMessage) => void;
  const came = new Promise<IncomingMessage>((resolve) => {
    tell = resolve;
  });
  const server = createServer((request) => tell(request));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const program = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(async () => {
    program.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  program.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n${body}`);
  const request = await came;
  const leave = (): Promise<unknown> => {
    const gone = new Promise((resolve) => request.once('close', resolve));
    program.destroy();
    return gone;
  };
  return { request, program, leave };
}

it('a body is taken, also where its reading begins when it has long been there', async () => {
  const clock = new ManualClock();
  const { request } = await aRequest('body');
  await expect.poll(() => request.complete).toBe(true);
  expect(String(await readBody(request, clock))).toBe('body');
  expect(clock.timers).toBe(0);
});

it.each(['body', 'bo'])('nobody waits for the body of a program that left before it was read: %s', async (sent) => {
  const clock = new ManualClock();
  const { request, leave } = await aRequest(sent);
  await expect.poll(() => request.complete).toBe(sent === 'body');
  await leave();
  await expect(readBody(request, clock)).rejects.toMatchObject({ status: 400, code: 'body_cut' });
  expect(clock.timers).toBe(0);
});

it('a body that stops in its middle is waited for for five seconds', async () => {
  const clock = new ManualClock();
  const { request } = await aRequest('bo');
  const read = readBody(request, clock);
  await expect.poll(() => clock.timers).toBe(1);
  clock.advance(5_000);
  await expect(read).rejects.toMatchObject({ status: 408, code: 'body_too_slow' });
});
