import proxy from '@fastify/http-proxy';
import fastify from 'fastify';

/** Its defaults: undici with up to 128 connections. */
export async function startProxy({ origin, authorization }) {
  const server = fastify();
  server.register(proxy, {
    upstream: origin,
    replyOptions: { rewriteRequestHeaders: (_request, headers) => ({ ...headers, authorization }) },
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return server.server.address().port;
}
