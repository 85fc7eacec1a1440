import { once } from 'node:events';
import { createServer, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { Gate } from './gate.ts';

/** A gate with a server before it; `ask` tells the status of an answer once there is one. */
async function aGate(): Promise<{
  gate: Gate;
  ask: () => Promise<number>;
  answerTo: (path: string, headers?: Record<string, string>) => Promise<{ headers: IncomingHttpHeaders; body: unknown }>;
  arrival: () => Promise<unknown>;
}> {
  const gate = new Gate();
  const server = createServer((request, response) => gate.answer(request, response, { kind: 'http', host: '127.0.0.1', port: 1 }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
  const ask = async (): Promise<number> => {
    const [answer] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode ?? 0;
  };
  const answerTo = async (path: string, headers: Record<string, string> = {}) => {
    const asked = get({ port: (server.address() as AddressInfo).port, agent: false, path, headers });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { headers: answer.headers, body: await json(answer) };
  };
  return { gate, ask, answerTo, arrival: () => once(server, 'request') };
}

it('lets in who waited once the doors stand, and all who come later', async () => {
  const { gate, ask, arrival } = await aGate();
  const arrived = arrival();
  const early = ask();
  await arrived;
  gate.open({
    answer: (_request, response) => void response.writeHead(204).end(),
    answerMetrics: () => undefined,
    noteTurnedAway: () => undefined,
  });
  expect([await early, await ask()]).toEqual([204, 204]);
});

it('turns away who waited where the doors will never stand, and all who come later', async () => {
  const { gate, ask, arrival } = await aGate();
  const arrived = arrival();
  const early = ask();
  await arrived;
  gate.close();
  expect([await early, await ask()]).toEqual([503, 503]);
});

it('turns away with an OAuth error who asks for a token, and with problem details all others, under the id that they gave', async () => {
  const { gate, answerTo } = await aGate();
  gate.close();
  const token = await answerTo('/oauth/token?x', { 'x-request-id': 'mine' });
  expect([token.headers['x-request-id'], token.body]).toEqual(['mine', expect.objectContaining({ error: 'stopping' })]);
  const other = await answerTo('/oauth/tokens');
  expect(other.body).toMatchObject({ status: 503, code: 'stopping' });
  expect(other.headers).toMatchObject({ 'x-request-id': expect.stringMatching(/./) as string, 'x-content-type-options': 'nosniff' });
});

it('leaves to the doors what they have let in', async () => {
  const { gate, ask } = await aGate();
  gate.open({
    answer: (_request, response) => {
      gate.close();
      response.writeHead(204).end();
    },
    answerMetrics: () => undefined,
    noteTurnedAway: () => undefined,
  });
  expect(await ask()).toBe(204);
});
