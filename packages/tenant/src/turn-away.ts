import type { ServerResponse } from 'node:http';
import type { RefusedRequest } from '@evertoken/service';
import { commonHeaders } from './common-headers.ts';
import { newRequestId } from './model/random-id.ts';
import { refusals } from './oauth/oauth-refusal.ts';
import { tokenPath } from './oauth/token-endpoint.ts';

/** Answers a request that its listener has no room for, as Auth0 answers too many requests: at the token endpoint, else in the Management API. */
export function turnAway(response: ServerResponse, { detail, headers }: RefusedRequest): void {
  const isToken = response.req.url?.split('?')[0] === tokenPath;
  const answer = isToken
    ? refusals.rateLimited(detail).body
    : { statusCode: 429, error: 'Too Many Requests', message: detail, errorCode: 'too_many_requests' };
  const body = JSON.stringify(answer);
  response.writeHead(429, {
    ...commonHeaders(newRequestId()),
    ...headers,
    'Content-Type': isToken ? 'application/json' : 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
