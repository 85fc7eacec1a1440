import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';

/** With an agent that keeps connections; its default is a new one for each request. */
export async function startProxy({ origin, authorization }) {
  const proxy = createProxyServer({ target: origin, agent: new Agent({ keepAlive: true }), headers: { authorization } });
  const server = createServer((request, response) => proxy.web(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
