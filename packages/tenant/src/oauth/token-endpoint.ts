import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@evertoken/service';
import { fingerprintOf } from '../fingerprint.ts';
import type { TenantJournal } from '../log/journal-entry.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import { newRequestId } from '../model/random-id.ts';
import { ownFault } from '../own-fault.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { BucketStanding } from '../rate-limit/token-bucket.ts';
import { addAnswerHeaders } from './answer-headers.ts';
import { type Issuance, type IssuedToken, issueToken } from './issue-token.ts';
import { OAuthRefusal, refusals } from './oauth-refusal.ts';
import { readBody } from './read-body.ts';
import { type GivenAnswer, RepeatedRequests } from './repeated-requests.ts';
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
  /** JSON. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Default: one is made. */
  readonly requestId?: string;
}

/** `POST /oauth/token`, directly on node:http: it gets more requests than everything else together. */
export function tokenEndpoint(parts: TokenEndpointParts): (message: IncomingMessage, response: ServerResponse) => void {
  const report = new TokenReport(parts);
  const repeated = new RepeatedRequests(parts);
  return (message, response) => {
    const { standing, refused } = parts.rateLimits.authentication('token');
    const asked: Asked = { message };
    const fail = (error: unknown): void => send(response, answerOfError(error, { asked, report, log: parts.log }), standing);
    // Not reported one by one: that would be a flood of its own.
    if (refused !== undefined) send(response, answerOf(refusals.rateLimited(refused)), standing);
    else if (message.method !== 'POST') send(response, answerOf(refusals.wrongMethod(message.method ?? '')), standing);
    else readBody(message, largestBody, answer, fail);

    function answer(body: Uint8Array): void {
      const name = repeated.nameOf(message, body);
      const known = repeated.recall(name);
      if (known === undefined) void issueAnew(name, body).catch(fail);
      else give(known, { isAgain: true });
    }

    function onClient(application: IssuingApplication): void {
      asked.application = application;
    }

    async function issueAnew(name: string, body: Uint8Array): Promise<void> {
      const { 'content-type': contentType, authorization } = message.headers;
      asked.request = parseTokenRequest({ contentType, authorization, body });
      const issued = await issueToken(asked.request, parts, onClient);
      const fresh = { issued, text: JSON.stringify(bodyOf(issued)), fingerprint: fingerprintOf(issued.token) };
      repeated.keep(name, fresh);
      give(fresh, { isAgain: false });
    }

    function give(given: GivenAnswer, { isAgain }: { isAgain: boolean }): void {
      asked.application = given.issued.application;
      if (isAgain) report.issuedAgain(asked, given);
      else report.issued(asked, given);
      send(response, answerWith(given), standing);
    }
  };
}

const answerWith = ({ issued, text }: GivenAnswer): Answer => ({
  status: 200,
  text,
  headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache', ...issued.headers },
});

/** The body of the answer. JSON leaves out a key whose value is undefined. */
function bodyOf({ token, claims, lifetimeSeconds }: IssuedToken): object {
  return { access_token: token, scope: claims?.scope, expires_in: lifetimeSeconds, token_type: 'Bearer' };
}

function answerOfError(error: unknown, { asked, report, log }: { asked: Asked; report: TokenReport; log: Log }): Answer {
  if (error instanceof OAuthRefusal) {
    report.refused(asked, error);
    return answerOf(error);
  }
  const requestId = newRequestId();
  const { id, text } = ownFault(log, { requestId, method: asked.message.method, path: tokenPath, err: error });
  return {
    status: 500,
    text: JSON.stringify({ error: 'server_error', error_description: text, error_id: id }),
    headers: { 'Cache-Control': 'no-store' },
    requestId,
  };
}

const answerOf = ({ status, body, headers }: OAuthRefusal): Answer => ({
  status,
  text: JSON.stringify(body),
  headers: { 'Cache-Control': noStoreOfErrors, ...headers },
});

function send(response: ServerResponse, { status, text, headers, requestId }: Answer, standing: BucketStanding): void {
  if (response.headersSent) {
    // It failed after the head was sent: the client must not wait for a rest that does not come.
    response.destroy();
    return;
  }
  const bytes = Buffer.byteLength(text);
  // A flat list: Node takes it as it is, where it would walk an object name by name.
  const head = ['Content-Type', 'application/json', 'Content-Length', String(bytes), 'Vary', 'Accept-Encoding, Origin'];
  addAnswerHeaders(head, standing, headers, requestId);
  for (const name in headers) head.push(name, headers[name] ?? '');
  response.writeHead(status, head);
  // As many bytes as characters: ASCII, which is written fastest as Latin-1.
  if (bytes === text.length) response.end(text, 'latin1');
  else response.end(text);
}
