import type { BookedToken } from '../tokens/booked-token.ts';
import { explainToPrograms } from '../tokens/explain.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { Door } from './door.ts';
import { send, sendJson } from './exchange.ts';
import type { Metrics } from './metrics/metrics.ts';
import { Refusal } from './refusal.ts';

/** `/healthz`, `/readyz` and, where `hasMetrics`, `/metrics`: for monitoring. They need no key and show no secret. */
export function health({ book, metrics, hasMetrics }: { book: TokenBook; metrics: Metrics; hasMetrics: () => boolean }): Door {
  return {
    name: 'health',
    errorForm: 'problem',
    givesTokens: false,
    isStreaming: false,
    answers: ({ raw }) => raw === '/healthz' || raw === '/readyz' || raw === '/metrics',
    async answer(exchange) {
      const { raw } = exchange.path;
      const isRead = exchange.request.method === 'GET' || exchange.request.method === 'HEAD';
      if (!isRead || (raw === '/metrics' && !hasMetrics())) throw new Refusal(404, 'not_found', 'There is nothing here.');
      if (raw === '/healthz') sendJson(exchange, 200, { status: 'alive' });
      else if (raw === '/readyz') {
        const notReady = book.tokens.filter((token) => !token.isUsable);
        const isReady = notReady.length === 0;
        const body = { ready: isReady, not_ready: notReady.map((token) => token.name), why: notReady.map(whyNotReady) };
        sendJson(exchange, isReady ? 200 : 503, body, ['cache-control', 'no-store']);
      } else {
        const { type, text } = await metrics.read();
        send(exchange, 200, ['content-type', type], text);
      }
    },
  };
}

/** Why a token is not usable, and what mends it. */
function whyNotReady(token: BookedToken): Record<string, unknown> {
  const { state, lastFailure, isMinting } = token.status();
  if (lastFailure === undefined) {
    return { token: token.name, state, meaning: isMinting ? 'The issuer is being asked for it.' : 'It has not been asked for yet.' };
  }
  const { code, retryable, count, nextAttemptAt } = lastFailure;
  const { what: message, meaning, step } = explainToPrograms(lastFailure, token.config.places);
  const next = new Date(nextAttemptAt).toISOString();
  return { token: token.name, state, code, message, meaning, step, retryable, attempts: count, next_attempt_at: next };
}
