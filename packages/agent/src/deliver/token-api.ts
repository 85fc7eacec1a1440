import type { AccessToken } from '@evertoken/client';
import { type App, mayKnow } from '../apps/app-directory.ts';
import type { RequestPath } from '../apps/request-path.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import { appOf } from './bearer.ts';
import type { AuditedAs, Door, DoorParts } from './door.ts';
import { type Exchange, hasLeft, send, sendJson } from './exchange.ts';
import { liveToken } from './live-token.ts';
import { readBody } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { statusAnswer, storeAnswer, tokenAnswerText } from './token-answer.ts';
import { countRead, tooManyWaiting } from './too-many-requests.ts';
import { unavailable } from './unavailable.ts';

const readBy = { event: 'token.read', pattern: 'GET /v1/tokens/:name' } as const;
const reportedBy = { event: 'token.reject', pattern: 'POST /v1/tokens/:name/reject' } as const;

/** `/v1`: tokens by name, reports of rejected ones, and what an app may see of their state. Needs `Authorization: Bearer <app key>`, or a socket of one app. */
export function tokenApi({ apps, book, rates, uses, waiting, audit, clock }: DoorParts): Door {
  /** Runs one hand-out and writes its audit line, also when it is refused or fails. Answers no promise where the token is there, as it nearly always is. */
  function handOut(
    exchange: Exchange,
    what: AuditedAs,
    get: (token: BookedToken, app: App) => AccessToken | Promise<AccessToken>,
  ): Promise<void> | undefined {
    const { listener, path, response, requestId } = exchange;
    const began = audit.isOn ? clock.monotonic() : 0;
    const name = path.segments[2] ?? '';
    let app: App | undefined;
    let token: BookedToken | undefined;
    const record = (answered: number, live?: AccessToken): void => {
      const isGone = hasLeft(response);
      const status = isGone ? 499 : answered;
      const fingerprint = isGone ? undefined : live?.fingerprint;
      uses.countHandOut(app?.name ?? '(unknown)', status);
      if (!audit.isOn) return;
      // An unknown name is not written down: it could be anything, even a key in the wrong place.
      const known = (token ?? book.find(name))?.name ?? '';
      const ms = clock.monotonic() - began;
      // Member by member: what V8 makes of an object that is spread out here lives until the next full garbage collection (decision 8).
      const { event, pattern } = what;
      audit.write({ event, app: app?.name ?? '(unknown)', listener, token: known, fingerprint, pattern, status, requestId, ms });
    };
    const deliver = (of: BookedToken, live: AccessToken): void => {
      record(200, live);
      answer(exchange, of, live);
    };
    const fail = (error: unknown): never => {
      const refusal = token === undefined ? error : unavailable(token, error);
      record(refusal instanceof Refusal ? refusal.status : 500);
      throw refusal;
    };
    try {
      app = appOf(exchange, apps);
      countRead(app, rates);
      const of = readable(app, name);
      token = of;
      const live = get(of, app);
      if (live instanceof Promise) return live.then((came) => deliver(of, came), fail);
      deliver(of, live);
      return undefined;
    } catch (error) {
      return fail(error);
    }
  }

  function readable(app: App, name: string): BookedToken {
    const token = mayKnow(app, name) ? book.find(name) : undefined;
    // The same answer for a token that does not exist and for one that this app may not know.
    if (token === undefined) throw new Refusal(404, 'unknown_token', 'This app has no token of that name.');
    if (app.tokens.includes(name)) return token;
    throw new Refusal(
      403,
      'missing_rule',
      `This app may call through the proxy, but not read the token. To allow it, add \`${name}\` to \`apps.${app.name}.tokens\`.`,
    );
  }

  function reject(exchange: Exchange): Promise<void> | undefined {
    return handOut(exchange, reportedBy, async (token, { name }) => {
      const fingerprint = fingerprintOf(exchange.request.headers['content-type'], await readBody(exchange.request, clock));
      if (waiting.isFull(name)) throw tooManyWaiting();
      return await waiting.during(name, exchange.response, token.reject(fingerprint));
    });
  }

  return {
    name: 'token_api',
    errorForm: 'problem',
    givesTokens: true,
    isStreaming: false,
    answers: ({ segments }) => segments[0] === 'v1',
    auditedAs,
    answer(exchange) {
      const { request, path } = exchange;
      const { method = '' } = request;
      const what = auditedAs(method, path);
      if (what === readBy) {
        const by = { response: exchange.response, waiting };
        return handOut(exchange, readBy, (token, app) => liveToken(token, app.name, by, minTtlOf(path.query)));
      }
      if (what === reportedBy) return reject(exchange);
      if (isRead(method) && path.segments[1] === 'status' && path.segments.length === 2) {
        const app = appOf(exchange, apps);
        const tokens = book.tokens
          .filter((token) => mayKnow(app, token.name))
          .map((token) => statusAnswer(token, app, book.shared?.writer));
        sendJson(exchange, 200, { app: app.name, store: storeAnswer(book), tokens }, ['cache-control', 'no-store']);
        return undefined;
      }
      throw new Refusal(404, 'not_found', 'There is nothing here.');
    },
  };
}

function auditedAs(method: string, { segments }: RequestPath): typeof readBy | typeof reportedBy | undefined {
  const { length } = segments;
  if (segments[1] !== 'tokens') return undefined;
  if (length === 3 && segments[2] !== '' && isRead(method)) return readBy;
  return length === 4 && segments[3] === 'reject' && method === 'POST' ? reportedBy : undefined;
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function answer(exchange: Exchange, token: BookedToken, live: AccessToken): void {
  const asText = prefersText(exchange.request.headers.accept);
  const type = asText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const headers = ['content-type', type, 'authorization', live.authorization, 'cache-control', 'no-store'];
  send(exchange, 200, headers, asText ? live.accessToken : tokenAnswerText(token, live));
}

function minTtlOf(query: string): { minTtlSeconds: number } | undefined {
  if (query === '') return undefined;
  const texts = new URLSearchParams(query).getAll('min_ttl');
  if (texts.length === 0) return undefined;
  const [text = ''] = texts;
  if (texts.length === 1 && /^\d{1,9}$/.test(text)) return { minTtlSeconds: Number(text) };
  throw new Refusal(400, 'invalid_min_ttl', '`min_ttl` is a whole number of seconds, given once.');
}

function fingerprintOf(contentType: string | undefined, body: Buffer): string {
  if (contentType?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Refusal(415, 'invalid_request_body', 'Send the fingerprint as `Content-Type: application/json`.');
  }
  let report: unknown;
  try {
    report = JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'invalid_request_body', 'The body is no valid JSON.');
  }
  const fingerprint = (report as { fingerprint?: unknown } | null)?.fingerprint;
  if (typeof fingerprint === 'string' && /^[0-9a-f]{16}$/.test(fingerprint)) return fingerprint;
  throw new Refusal(400, 'invalid_fingerprint', 'Send the fingerprint of the rejected token as JSON: {"fingerprint": "16 hex digits"}.');
}

function prefersText(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*') return false;
  const [first = ''] = accept.split(',');
  return first.split(';', 1)[0]?.trim().toLowerCase() === 'text/plain';
}
