import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AccessToken, Clock, Random } from '@evertoken/client';
import { type Log, systemCodeOf } from '@evertoken/service';
import { pause } from '../../pause.ts';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { type Upstream, type UpstreamAnswer, type UpstreamCall, UpstreamError } from '../../upstream/upstream.ts';
import { type Exchange, sendRefusal } from '../exchange.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Refusal } from '../refusal.ts';
import { unavailable } from '../unavailable.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import { patienceOf, spread, waitAskedFor } from './patience.ts';
import { RequestBody } from './request-body.ts';

/** A call that is allowed, and where it goes. */
export interface AllowedCall {
  readonly exchange: Exchange;
  readonly token: BookedToken;
  readonly origin: string;
  /** Path and query at the API. */
  readonly target: string;
  /** Is told on the way with which token the call was made last, and whether the API, and not the program, broke off the answer. */
  readonly note: { fingerprint: string | undefined; isCut?: boolean };
}

/** What it takes to make such a call. */
export interface ForwardTools {
  readonly upstream: Upstream;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly random: Random;
}

/** An answer of the API, and the token that it was asked with. */
interface Asked {
  readonly live: AccessToken;
  readonly answer: UpstreamAnswer;
}

/**
 * Makes the call with the live token and streams both bodies. After a 401 the token is reported as rejected, and the call is made once more if there is a
 * new token and the body can be sent again. After a 429 it waits as long as the API asks for, within the caller's patience, and tries again. Redirects are
 * passed on.
 */
export async function forward(call: AllowedCall, tools: ForwardTools): Promise<void> {
  const { exchange, token } = call;
  const { request, response, requestId } = exchange;
  const program = new Program(response);
  const body = new RequestBody(request);
  let asked: Asked | undefined;
  try {
    asked = await ask(call, tools, body, program);
    let patienceMs = asked.answer.status === 429 ? patienceOf(request.method ?? '', request.headers) : 0;
    for (let waits = 0; ; waits += 1) {
      const { status, headers, body: unwanted } = asked.answer;
      const askedMs = status === 429 ? waitAskedFor(headers, tools.clock.now(), waits) : undefined;
      if (askedMs === undefined || askedMs > patienceMs) break;
      const waitMs = Math.min(patienceMs, spread(askedMs, tools.random()));
      patienceMs -= waitMs;
      unwanted.drop();
      await program.pause(waitMs, tools.clock);
      asked = await ask(call, tools, body, program);
    }
    const { answer } = asked;
    tools.metrics.noteUpstream(token.name, answer.status, answer.headers);
    const headers = responseHeaders(answer.status, answer.headers, requestId);
    // Before the next request on this connection, Node would wait for the rest of a body that nobody reads any more.
    if (body.isUnread) headers.push('connection', 'close');
    // The API's reason phrase is left out: it may hold what Node refuses to write.
    response.writeHead(answer.status, headers);
    await answer.body.pipeTo(response);
  } catch (error) {
    call.note.isCut = response.headersSent && !program.isGone;
    if (!program.isGone) fail(call, tools, error);
  } finally {
    asked?.answer.forget();
  }
}

/** The program that waits for the answer, and may go away. */
class Program {
  isGone = false;
  #onGone: (() => void) | undefined;

  constructor(response: ServerResponse) {
    response.on('close', () => {
      this.isGone = true;
      this.#onGone?.();
    });
  }

  /** The answer of `call`. When the program goes away, the call is abandoned, also while its body streams. */
  answerOf(call: UpstreamCall): Promise<UpstreamAnswer> {
    this.#onGone = () => call.abandon();
    if (this.isGone) call.abandon();
    return call.answer;
  }

  /** Waits for `work`, and rejects when the program goes away. */
  while<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onGone = () => reject(gone());
      if (this.isGone) reject(gone());
      work.then(resolve, reject);
    });
  }

  pause(ms: number, clock: Clock): Promise<void> {
    const leaving = new AbortController();
    this.#onGone = () => leaving.abort(gone());
    if (this.isGone) this.#onGone();
    return pause(clock, ms, leaving.signal);
  }
}

function gone(): UpstreamError {
  return new UpstreamError('abandoned', 'The program has gone.');
}

/** Asks the API; after a 401 once more with another token, if that is possible. */
async function ask(call: AllowedCall, tools: ForwardTools, body: RequestBody, program: Program): Promise<Asked> {
  const { token } = call;
  const held = token.get();
  const live = held instanceof Promise ? await program.while(held) : held;
  const answer = await program.answerOf(send(call, tools, live, { payload: body.first(), length: body.length }));
  if (answer.status !== 401) return { live, answer };
  const other = await successor(token, live, body);
  const payload = body.again();
  if (other === undefined || payload === undefined) return { live, answer };
  answer.body.drop();
  return { live: other, answer: await program.answerOf(send(call, tools, other, { payload, length: payload?.length })) };
}

function send(
  call: AllowedCall,
  { upstream }: ForwardTools,
  live: AccessToken,
  { payload, length }: { payload: AsyncIterable<Buffer> | Buffer | null; length: number | undefined },
): UpstreamCall {
  const { origin, target, note } = call;
  const { request, requestId } = call.exchange;
  note.fingerprint = live.fingerprint;
  return upstream.send({
    origin,
    target,
    method: request.method ?? 'GET',
    headers: requestHeaders(request.headers, { authorization: live.authorization, requestId }),
    body: payload,
    contentLength: length,
    readTimeoutMs: call.token.config.apiReadTimeoutMs,
  });
}

/** Another token to try after a 401; undefined where there is none or the body cannot be sent again. The rejection is reported in either case. */
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
  const cause = causeOf(error) ?? (error as { code?: string } | undefined)?.code;
  log.warn(
    { event: 'proxy.failed', token: token.name, error_id: errorId, request_id: requestId, status: refusal.status, cause },
    refusal.message,
  );
  // After the head is out, a cut connection is the only way to tell that the rest is missing.
  if (response.headersSent) response.destroy();
  else sendRefusal(exchange, refusal.with({ headers: { connection: 'close' } }), 'problem');
}

function gatewayRefusal(origin: string, error: unknown): Refusal {
  const members = { error_id: randomUUID() };
  if (error instanceof UpstreamError && error.code === 'timeout') {
    return new Refusal(504, 'upstream_timeout', `The API at ${origin} did not answer in time.`, { members });
  }
  if (error instanceof UpstreamError && error.code === 'silent') {
    const detail = `The API at ${origin} was silent for too long; \`api_read_timeout_ms\` of its token says how long it may be.`;
    return new Refusal(504, 'upstream_timeout', detail, { members });
  }
  if (error instanceof UpstreamError && error.code === 'untaken') {
    return new Refusal(408, 'answer_untaken', `The program took nothing of the answer of ${origin} for too long.`, { members });
  }
  if (error instanceof UpstreamError && error.code === 'bad_answer') {
    return new Refusal(502, 'upstream_unusable', `The API at ${origin} answered what is no HTTP. ${error.message}`, { members });
  }
  const systemCode = causeOf(error);
  const isUntrusted = error instanceof UpstreamError && error.code === 'untrusted';
  const why = `${isUntrusted ? ': its certificate is not trusted' : ''}${systemCode === undefined ? '' : ` (${systemCode})`}`;
  return new Refusal(502, 'upstream_unreachable', `The API at ${origin} cannot be reached or broke off${why}.`, { members });
}

/** The code that Node, OpenSSL or undici has for what went wrong, such as `ECONNREFUSED`. It is one of a fixed list of words and names nobody. */
function causeOf(error: unknown): string | undefined {
  const code = systemCodeOf((error as Error | undefined)?.cause);
  return code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined;
}
