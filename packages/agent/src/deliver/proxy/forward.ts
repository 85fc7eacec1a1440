import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { AccessToken, Clock } from '@evertoken/client';
import type { Log } from '@evertoken/service';
import type { Dispatcher } from 'undici';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { type Exchange, sendRefusal } from '../exchange.ts';
import type { Metrics } from '../metrics.ts';
import { Refusal } from '../refusal.ts';
import { unavailable } from '../unavailable.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import { patienceOf, waitAskedFor } from './patience.ts';
import { RequestBody } from './request-body.ts';

/** A call that is allowed, and where it goes. */
export interface AllowedCall {
  readonly exchange: Exchange;
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
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** An answer of the API, and the token that it was asked with. */
interface Asked {
  readonly live: AccessToken;
  readonly answer: Dispatcher.ResponseData;
}

/**
 * Makes the call with the live token and streams both bodies. A 401 is reported to the kept token, and the call made once more with a new one
 * where there is one and the body can be sent again; a 429 is waited for as long as the caller has patience. Redirects are passed on. Answers the
 * fingerprint of the token used last.
 */
export async function forward(call: AllowedCall, tools: ForwardTools): Promise<string | undefined> {
  const { exchange, token } = call;
  const { request, response, requestId } = exchange;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const body = new RequestBody(request);
  let asked: Asked | undefined;
  try {
    asked = await ask(call, tools, body, gone.signal);
    let patienceMs = patienceOf(request.method ?? '', request.headers);
    for (;;) {
      const waitMs = asked.answer.statusCode === 429 ? waitAskedFor(asked.answer.headers, tools.clock.now()) : undefined;
      if (waitMs === undefined || waitMs > patienceMs) break;
      patienceMs -= waitMs;
      letGo(asked.answer);
      await pause(waitMs, tools.clock, gone.signal);
      asked = await ask(call, tools, body, gone.signal);
    }
    const { answer } = asked;
    tools.metrics.noteUpstream(token.name, answer.statusCode, answer.headers);
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
  return asked?.live.fingerprint;
}

/** Asks the API; after a 401 once more with another token, if that is possible. */
async function ask(call: AllowedCall, tools: ForwardTools, body: RequestBody, signal: AbortSignal): Promise<Asked> {
  const { token } = call;
  const live = await token.get({ signal });
  const answer = await send(call, tools, live, { payload: body.first(), length: body.length }, signal);
  if (answer.statusCode !== 401) return { live, answer };
  const other = await successor(token, live, body);
  const payload = body.again();
  if (other === undefined || payload === undefined) return { live, answer };
  letGo(answer);
  return { live: other, answer: await send(call, tools, other, { payload, length: payload?.length }, signal) };
}

/** Reads the rest of an answer that nobody wants. Not waited for: an API could let it hang. */
function letGo(answer: Dispatcher.ResponseData): void {
  void answer.body.dump().catch(() => undefined);
}

function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    const stop = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

function send(
  call: AllowedCall,
  { dispatcher, timeoutMs }: ForwardTools,
  live: AccessToken,
  { payload, length }: { payload: AsyncIterable<Buffer> | Buffer | null; length: number | undefined },
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { origin, target } = call;
  const { request, requestId } = call.exchange;
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

function fail({ exchange, token, origin }: AllowedCall, { log }: ForwardTools, error: unknown): void {
  const { response, requestId } = exchange;
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
  else sendRefusal(exchange, refusal.with({ headers: { connection: 'close' } }), 'problem');
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
