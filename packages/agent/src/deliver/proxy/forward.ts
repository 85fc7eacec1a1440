import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { AccessToken } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { Dispatcher } from 'undici';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { writeProblem } from '../problem.ts';
import { Refusal } from '../refusal.ts';
import { unavailable } from '../unavailable.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import { RequestBody } from './request-body.ts';

/** A call that is allowed, and where it goes. */
export interface AllowedCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly token: BookedToken;
  readonly origin: string;
  /** Path and query at the API. */
  readonly target: string;
}

/** What it takes to make one. */
export interface ForwardTools {
  readonly dispatcher: Dispatcher;
  /** How long the API may take to begin its answer, and between two parts of it, ms. */
  readonly timeoutMs: number;
  readonly log: Log;
}

/**
 * Makes the call with the live token and streams both bodies. A 401 is reported to the kept token, and the call made once more with a new one
 * where there is one and the body can be sent again. Redirects are passed on. Answers the fingerprint of the token used last.
 */
export async function forward(call: AllowedCall, tools: ForwardTools): Promise<string | undefined> {
  const { response, token, requestId } = call;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const body = new RequestBody(call.request);
  let live: AccessToken | undefined;
  try {
    live = await token.get({ signal: gone.signal });
    let answer = await send(call, tools, live, { payload: body.first(), length: body.length }, gone.signal);
    if (answer.statusCode === 401) {
      const other = await successor(token, live, body);
      const payload = body.again();
      if (other !== undefined && payload !== undefined) {
        // Not waited for: an API could let it hang.
        void answer.body.dump().catch(() => undefined);
        live = other;
        answer = await send(call, tools, live, { payload, length: payload?.length }, gone.signal);
      }
    }
    // Node would wait for a body that nobody reads any more before it takes the next request.
    const close = body.isUnread ? { connection: 'close' } : {};
    // The API's reason phrase is left out: it may hold what Node refuses to write.
    response.writeHead(answer.statusCode, { ...responseHeaders(answer.headers, requestId), ...close });
    // Sends the head before the body comes. `flushHeaders` would write it as UTF-8, but its bytes came as Latin-1.
    response.write('', 'latin1');
    await pipeline(answer.body, response);
  } catch (error) {
    if (!gone.signal.aborted) fail(call, tools, error);
  }
  return live?.fingerprint;
}

function send(
  call: AllowedCall,
  { dispatcher, timeoutMs }: ForwardTools,
  live: AccessToken,
  { payload, length }: { payload: AsyncIterable<Buffer> | Buffer | null; length: number | undefined },
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { request, requestId, origin, target } = call;
  return dispatcher.request({
    origin,
    path: target,
    method: request.method ?? 'GET',
    headers: requestHeaders(request.headers, { authorization: live.authorization, requestId, contentLength: length }),
    // undici takes any async iterable, but its types name streams alone.
    body: payload as Buffer | null,
    signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

/** Another token to try after a 401, if the call can be made again. The report goes out in any case. */
async function successor(token: BookedToken, live: AccessToken, body: RequestBody): Promise<AccessToken | undefined> {
  const report = token.reject(live.fingerprint).catch(() => undefined);
  if (body.again() === undefined) return undefined;
  const other = await report;
  return other?.fingerprint === live.fingerprint ? undefined : other;
}

function fail({ response, token, requestId, origin }: AllowedCall, { log }: ForwardTools, error: unknown): void {
  const asUnavailable = unavailable(token, error);
  const refusal = asUnavailable instanceof Refusal ? asUnavailable : gatewayRefusal(origin, error);
  const { error_id: errorId } = refusal.members;
  const cause = (error as NodeJS.ErrnoException | undefined)?.code;
  log.warn(
    { event: 'proxy.failed', token: token.name, error_id: errorId, request_id: requestId, status: refusal.status, cause },
    refusal.message,
  );
  // After the head is out, a cut connection is the only way to tell that the rest is missing.
  if (response.headersSent) response.destroy();
  else writeProblem(response, refusal.with({ headers: { connection: 'close' } }));
}

function gatewayRefusal(origin: string, error: unknown): Refusal {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  const members = { error_id: randomUUID() };
  if (code.includes('TIMEOUT') || code === 'ETIMEDOUT') {
    return new Refusal(504, 'upstream_timeout', `The API at ${origin} did not answer in time.`, { members });
  }
  const why = /^E[A-Z]+$|^[A-Z_]*CERT[A-Z_]*$|^UND_ERR_[A-Z_]+$/.test(code) ? ` (${code})` : '';
  return new Refusal(502, 'upstream_unreachable', `The API at ${origin} cannot be reached or broke off${why}.`, { members });
}
