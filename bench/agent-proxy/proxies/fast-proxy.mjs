import { once } from 'node:events';
import { createServer } from 'node:http';
import fastProxy from 'fast-proxy';

/** With undici, which its README says is faster, and as many connections as are needed. */
export async function startProxy({ origin, authorization }) {
  const { proxy } = fastProxy({ base: origin, undici: { connections: 128, pipelining: 1 } });
  const options = { rewriteRequestHeaders: (_request, headers) => ({ ...headers, authorization }) };
  const server = createServer((request, response) => proxy(request, response, request.url, options)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
