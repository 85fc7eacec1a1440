import { expect, it, onTestFinished } from 'vitest';
import { startLoopbackServer } from './loopback-server.ts';
import { aStage } from './stage.ts';

const stage = aStage();

/** Where a request arrives in the end, after `status` has sent it on. */
async function aRedirect(status: number) {
  const arrived: { body: string; type: string | undefined; authorization: string | undefined }[] = [];
  const server = await startLoopbackServer((request, response) => {
    if (request.url === '/orders') return void response.writeHead(status, { location: '/orders/' }).end();
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      arrived.push({ body, type: request.headers['content-type'], authorization: request.headers.authorization });
      response.end();
    });
  });
  onTestFinished(server.close);
  return { url: `${server.origin}/orders`, arrived };
}

it.each([307, 308])('a whole request with a body follows a redirect that keeps it (%i), with its headers and the token', async (status) => {
  const { url, arrived } = await aRedirect(status);
  const kept = stage.keeper().keep(stage.request);
  const text = { method: 'POST', body: '{"item":"tea"}', headers: { 'content-type': 'application/json' } };
  expect((await kept.fetch(new Request(url, text))).status).toBe(200);
  expect((await kept.fetch(new Request(url, { method: 'PUT', body: new TextEncoder().encode('tea') }))).status).toBe(200);
  const authorization = 'Bearer token-1';
  expect(arrived).toEqual([
    { body: '{"item":"tea"}', type: 'application/json', authorization },
    { body: 'tea', type: undefined, authorization },
  ]);
});
