import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Gate } from './gate.ts';

/** A gate with a server before it; `ask` tells the status of an answer once there is one. */
async function aGate(): Promise<{ gate: Gate; ask: () => Promise<number>; arrival: () => Promise<unknown> }> {
  const gate = new Gate();
  const server = createServer((request, response) => gate.answer(request, response, { kind: 'http', host: '127.0.0.1', port: 1 }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())));
  const ask = async (): Promise<number> => {
    const [answer] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode ?? 0;
  };
  return { gate, ask, arrival: () => once(server, 'request') };
}

it('lets in who waited once the doors stand, and all who come later', async () => {
  const { gate, ask, arrival } = await aGate();
  const arrived = arrival();
  const early = ask();
  await arrived;
  gate.open({ answer: (_request, response) => void response.writeHead(204).end(), answerMetrics: () => undefined });
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

it('leaves to the doors what they have let in', async () => {
  const { gate, ask } = await aGate();
  gate.open({
    answer: (_request, response) => {
      gate.close();
      response.writeHead(204).end();
    },
    answerMetrics: () => undefined,
  });
  expect(await ask()).toBe(204);
});
