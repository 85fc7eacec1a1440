import type { TokenBook } from '../tokens/token-book.ts';
import type { Delivery } from './delivery.ts';
import type { Metrics } from './metrics.ts';

/** `/healthz`, `/readyz` and `/metrics`: for whoever watches the agent; no key, no secrets. */
export function health(book: TokenBook, metrics: Metrics): Delivery {
  return {
    open(server) {
      server.get('/healthz', async () => ({ status: 'alive' }));
      server.get('/readyz', async (_request, reply) => {
        const notReady = book.tokens.filter((token) => !token.isUsable).map((token) => token.name);
        return reply.code(notReady.length === 0 ? 200 : 503).send({ ready: notReady.length === 0, not_ready: notReady });
      });
      server.get('/metrics', async (_request, reply) => {
        const { type, text } = await metrics.read();
        return reply.header('content-type', type).send(text);
      });
    },
  };
}
