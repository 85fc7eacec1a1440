import { confidentialTarget } from './confidential-target.ts';
import { listenTo, type Patience, type PatientOptions, waitPatiently } from './patience.ts';
import { replacementOf } from './replay.ts';
import type { GivenToken, TokenGiver } from './token-giver.ts';

/** What {@link tokenInterceptor} reads of an undici request. */
export interface UndiciOptions {
  origin?: string | URL;
  body?: unknown;
  headers?: unknown;
  headersTimeout?: number | null;
  signal?: unknown;
}

/** What {@link tokenInterceptor} does with an undici request under way. */
export interface UndiciController {
  readonly aborted: boolean;
  readonly reason: Error | null;
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** The handler of an undici 7 request. */
export interface UndiciHandler {
  onRequestStart?(controller: UndiciController, context: unknown): void;
  onRequestUpgrade?(controller: UndiciController, statusCode: number, headers: unknown, socket: unknown): void;
  onResponseStart?(controller: UndiciController, statusCode: number, headers: unknown, statusMessage?: string): void;
  onResponseData?(controller: UndiciController, chunk: unknown): void;
  onResponseEnd?(controller: UndiciController, trailers: unknown): void;
  onResponseError?(controller: UndiciController, error: Error): void;
}

/** How undici sends; an interceptor makes one of another. */
export type UndiciDispatch = (options: never, handler: never) => boolean;

type Send = (token: GivenToken, handler: UndiciHandler) => boolean;

/**
 * An interceptor for undici's `Agent.compose` that gives requests to `origins` the token, and lets all others pass as they are. Sends a request once
 * more with another token after a 401, if its body can be sent again (none, or at most 64 KiB of text or bytes).
 *
 * ```ts
 * const dispatcher = new Agent().compose(tokenInterceptor(kept, { origins: ['https://orders.example.com'] }));
 * ```
 *
 * Requests fail with a `TokenError` where there is no token.
 * @throws {TypeError} for an origin that is neither https nor loopback.
 */
export function tokenInterceptor(
  giver: TokenGiver,
  { origins, clock }: PatientOptions & { readonly origins: readonly string[] },
): <Dispatch extends UndiciDispatch>(dispatch: Dispatch) => Dispatch {
  const own = new Set(origins.map((origin) => confidentialTarget(origin).origin));
  return <Dispatch extends UndiciDispatch>(dispatch: Dispatch): Dispatch => {
    const sendAny = dispatch as unknown as (options: UndiciOptions, handler: UndiciHandler) => boolean;
    const intercept = (options: UndiciOptions, handler: UndiciHandler): boolean => {
      if (options.origin !== undefined && !own.has(new URL(options.origin).origin)) return sendAny(options, handler);
      const send: Send = (token, watching) => sendAny({ ...options, headers: withToken(options.headers, token) }, watching);
      void sendAuthorized({ send, giver, options, handler, patience: patienceOf(options), clock });
      return true;
    };
    return intercept as unknown as Dispatch;
  };
}

/** One request on its way. */
interface Sending {
  readonly send: Send;
  readonly giver: TokenGiver;
  readonly options: UndiciOptions;
  readonly handler: UndiciHandler;
  readonly patience: Patience;
  readonly clock: PatientOptions['clock'];
}

/** What ends an undici request ends the wait for its token. */
function patienceOf({ signal, headersTimeout }: UndiciOptions): Patience {
  return { timeoutMs: headersTimeout ?? undefined, listen: (end) => listenTo(signal, end) };
}

async function sendAuthorized(sending: Sending): Promise<void> {
  const { send, giver, options, handler, patience, clock } = sending;
  try {
    // A client or pool of one origin does not tell which: no token is sent to where nobody knows.
    confidentialTarget(options.origin ?? '');
    const token = await waitPatiently(
      patience,
      (signal) => giver.get({ signal }),
      () => {
        throw lateError(patience);
      },
      clock,
    );
    send(token, replaying(sending, token));
  } catch (error) {
    handler.onResponseError?.(notStarted, error as Error);
  }
}

const notStarted: UndiciController = {
  aborted: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};

/** As undici tells that an answer did not come in time. */
function lateError({ timeoutMs }: Patience): Error {
  const told = { name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT' };
  return Object.assign(new Error(`No token within the ${timeoutMs} ms of headersTimeout.`), told);
}

/** Holds a 401 back until it is known whether there is another token to send the request with. */
function replaying({ send, giver, options, handler, patience, clock }: Sending, token: GivenToken): UndiciHandler {
  let isOver = false;
  let hasEnded = false;
  // What came of a 401 that is held back: one with no body, or of HTTP/2, has ended however early it is paused.
  let held: (() => void)[] | undefined;
  const tell = (what: () => void): void => {
    if (held === undefined) what();
    else held.push(what);
  };
  const fail = (controller: UndiciController, error: Error): void => {
    if (isOver) return;
    isOver = true;
    // Once undici is done with it: in some releases of undici 7 a stream of HTTP/2 that stays paused never closes, and neither does its connection.
    if (held !== undefined && !hasEnded) queueMicrotask(() => controller.resume());
    handler.onResponseError?.(controller, error);
  };
  const passOn = (controller: UndiciController, answer: (() => void)[]): void => {
    // Before anything is told, so that a pause which the handler asks for lasts; what flows at once joins the rest. A connection whose answer has ended
    // may be another request's by now.
    if (!hasEnded) controller.resume();
    for (let next = answer.shift(); next !== undefined && !isOver; next = answer.shift()) next();
    held = undefined;
  };
  const decide = async (controller: UndiciController, answer: (() => void)[]): Promise<void> => {
    const other = await waitPatiently(
      patience,
      (signal) => replacementOf(token, giver, { body: options.body, signal }),
      () => undefined,
      clock,
    );
    if (isOver) return;
    // Of an answer that has ended, undici tells nobody that it was given up.
    if (controller.aborted) throw controller.reason ?? new DOMException('The request was given up.', 'AbortError');
    if (other === undefined) return passOn(controller, answer);
    isOver = true;
    if (!hasEnded) {
      // The answer may never end; a connection is cheaper than reading on.
      controller.abort(new Error('The token was rejected; the request is sent again with another one.'));
      controller.resume();
    }
    send(other, handler);
  };
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, ...upgrade) => handler.onRequestUpgrade?.(controller, ...upgrade),
    onResponseStart: (controller, statusCode, ...answer) => {
      const start = () => handler.onResponseStart?.(controller, statusCode, ...answer);
      if (statusCode !== 401) return start();
      controller.pause();
      held = [start];
      decide(controller, held).catch((error: Error) => {
        fail(controller, error);
        controller.abort(error);
      });
    },
    onResponseData: (controller, chunk) => tell(() => handler.onResponseData?.(controller, chunk)),
    onResponseEnd: (controller, trailers) => {
      hasEnded = true;
      tell(() => handler.onResponseEnd?.(controller, trailers));
    },
    onResponseError: fail,
  };
}

/** Undici takes headers as names and values in turn, as pairs, and as an object. */
function withToken(headers: unknown, token: GivenToken): string[] {
  const others = pairsOf(headers).filter(([name]) => String(name).toLowerCase() !== 'authorization');
  return [...others.flat(), 'authorization', token.authorization] as string[];
}

function pairsOf(headers: unknown): (readonly unknown[])[] {
  if (Array.isArray(headers)) return headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]]] : []));
  if (typeof headers !== 'object' || headers === null) return [];
  return Symbol.iterator in headers ? [...(headers as Iterable<readonly unknown[]>)] : Object.entries(headers);
}
