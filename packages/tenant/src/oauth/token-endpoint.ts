import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@evertoken/service';
import type { TenantJournal } from '../log/journal-entry.ts';
import { newErrorId } from '../model/random-id.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { BucketStanding } from '../rate-limit/token-bucket.ts';
import { type Issuance, type IssuedToken, issueToken } from './issue-token.ts';
import { OAuthRefusal, refusals } from './oauth-refusal.ts';
import { readBody } from './read-body.ts';
import { newRequestId } from './request-id.ts';
import { type Asked, TokenReport } from './token-report.ts';
import { parseTokenRequest } from './token-request.ts';

/** What the token endpoint works with. */
export interface TokenEndpointParts extends Issuance {
  readonly rateLimits: RateLimits;
  readonly journal: TenantJournal;
  readonly log: Log;
}

/** Path of the token endpoint. */
export const tokenPath = '/oauth/token';

const largestBody = 16 * 1024;
const noStoreOfErrors = 'private, no-store, no-cache, must-revalidate, post-check=0, pre-check=0, no-transform';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/** `POST /oauth/token` (contract §1), straight on node:http: a token is asked for more often than everything else together. */
export function tokenEndpoint(parts: TokenEndpointParts): (message: IncomingMessage, response: ServerResponse) => void {
  const report = new TokenReport(parts);
  return (message, response) => {
    const { standing, refused } = parts.rateLimits.authentication('token');
    const asked: Asked = { message };
    if (refused !== undefined) {
      // Not reported one by one: that would be a flood of its own.
      send(response, answerOf(refusals.rateLimited(refused)), standing);
      return;
    }
    answerTo(asked, parts, report)
      .catch((error: unknown) => answerOfError(error, { asked, report, log: parts.log }))
      .then((answer) => send(response, answer, standing))
      // What cannot be answered must not hang.
      .catch(() => response.destroy());
  };
}

async function answerTo(asked: Asked, parts: TokenEndpointParts, report: TokenReport): Promise<Answer> {
  const { message } = asked;
  if (message.method !== 'POST') throw refusals.wrongMethod(message.method ?? '');
  const body = await readBody(message, largestBody);
  asked.request = parseTokenRequest({
    contentType: message.headers['content-type'],
    authorization: message.headers.authorization,
    body,
  });
  const issued = await issueToken(asked.request, parts, (application) => {
    asked.application = application;
  });
  report.issued(asked, issued);
  return { status: 200, body: bodyOf(issued), headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache', ...issued.headers } };
}

function bodyOf({ token, claims, lifetimeSeconds }: IssuedToken): object {
  return {
    access_token: token,
    ...(claims?.scope !== undefined && { scope: claims.scope }),
    expires_in: lifetimeSeconds,
    token_type: 'Bearer',
  };
}

function answerOfError(error: unknown, { asked, report, log }: { asked: Asked; report: TokenReport; log: Log }): Answer {
  if (error instanceof OAuthRefusal) {
    if (error.status !== 405 && error.status !== 404) report.refused(asked, error);
    return answerOf(error);
  }
  const errorId = newErrorId();
  log.error({ event: 'request.failed', errorId, method: asked.message.method, path: tokenPath, err: error });
  const description = `The tenant failed; its log tells why under errorId ${errorId}.`;
  return {
    status: 500,
    body: { error: 'server_error', error_description: description, errorId },
    headers: { 'Cache-Control': 'no-store' },
  };
}

const answerOf = ({ status, body, headers }: OAuthRefusal): Answer => ({
  status,
  body,
  headers: { 'Cache-Control': noStoreOfErrors, ...headers },
});

function send(response: ServerResponse, { status, body, headers }: Answer, standing: BucketStanding): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      'Strict-Transport-Security': 'max-age=31536000',
      'X-Content-Type-Options': 'nosniff',
      'X-Auth0-RequestId': newRequestId(),
      'X-RateLimit-Limit': standing.limit,
      'X-RateLimit-Remaining': standing.remaining,
      'X-RateLimit-Reset': standing.resetSeconds,
      Vary: 'Accept-Encoding, Origin',
      ...headers,
    })
    .end(text);
}
