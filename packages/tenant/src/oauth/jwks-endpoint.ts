import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TokenIndex } from '../issue/token-index.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import { addAnswerHeaders } from './answer-headers.ts';
import { refusals } from './oauth-refusal.ts';

/** Path of the JWKS. */
export const jwksPath = '/.well-known/jwks.json';

/** `GET /.well-known/jwks.json` (RFC 7517): the keys whose signatures are accepted, the current one first. */
export function jwksEndpoint(parts: {
  readonly index: TokenIndex;
  readonly rateLimits: RateLimits;
}): (message: IncomingMessage, response: ServerResponse) => void {
  const bodyNow = keySet(parts.index);
  return (_message, response) => {
    const { standing, refused } = parts.rateLimits.authentication('jwks');
    const refusal = refused === undefined ? undefined : refusals.rateLimited(refused);
    const body = refusal === undefined ? bodyNow() : JSON.stringify(refusal.body);
    const caching = refusal === undefined ? 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400' : 'no-store';
    const head = [
      'Content-Type',
      'application/json; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Cache-Control',
      caching,
    ];
    addAnswerHeaders(head, standing);
    response.writeHead(refusal?.status ?? 200, head).end(body);
  };
}

/** The key set as JSON, written anew only when keys or settings have changed. */
function keySet(index: TokenIndex): () => string {
  let of: readonly [keys: unknown, settings: unknown] = [undefined, undefined];
  let text = '';
  return () => {
    const [keys, settings] = [index.signingKeys(), index.settings()];
    if (keys !== of[0] || settings !== of[1]) {
      of = [keys, settings];
      text = JSON.stringify({ keys: keys.map(({ jwk: { alg, ...jwk } }) => (settings.hidesKeyAlg ? jwk : { ...jwk, alg })) });
    }
    return text;
  };
}
