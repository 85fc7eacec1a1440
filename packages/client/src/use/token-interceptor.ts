import { confidentialTarget } from './confidential-target.ts';
import { listenTo, type Patience, waitPatiently } from './patience.ts';
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
  { origins }: { readonly origins: readonly string[] },
): <Dispatch extends UndiciDispatch>(dispatch: Dispatch) => Dispatch {
  const own = new Set(origins.map((origin) => confidentialTarget(origin).origin));
  return <Dispatch extends UndiciDispatch>(dispatch: Dispatch): Dispatch => {
    const sendAny = dispatch as unknown as (options: UndiciOptions, handler: UndiciHandler) => boolean;
    const intercept = (options: UndiciOptions, handler: UndiciHandler): boolean => {
      if (options.origin !== undefined && !own.has(new URL(options.origin).origin)) return sendAny(options, handler);
      const send: Send = (token, watching) => sendAny({ ...options, headers: withToken(options.headers, token) }, watching);
      void sendAuthorized({ send, giver, options, handler, patience: patienceOf(options) });
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
}

/** What ends an undici request ends the wait for its token. */
function patienceOf({ signal, headersTimeout }: UndiciOptions): Patience {
  return { timeoutMs: headersTimeout ?? undefined, listen: (end) => listenTo(signal, end) };
}

async function sendAuthorized(sending: Sending): Promise<void> {
  const { send, giver, options, handler, patience } = sending;
  try {
    // A client or pool of one origin does not tell which: no token is sent to where nobody knows.
    confidentialTarget(options.origin ?? '');
    const token = await waitPatiently(
      patience,
      (signal) => giver.get({ signal }),
      () => {
        throw lateError(patience);
      },
    );
    send(token, replaying(sending, token));
  } catch (error) {
    handler.onResponseError?.(notStarted, error as Error);
  }
}

const notStarted: UndiciController = { abort: () => undefined, pause: () => undefined, resume: () => undefined };

/** As undici tells that an answer did not come in time. */
function lateError({ timeoutMs }: Patience): Error {
  const told = { name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT' };
  return Object.assign(new Error(`No token within the ${timeoutMs} ms of headersTimeout.`), told);
}

/** Holds a 401 back until it is known whether there is another token to send the request with. */
function replaying({ send, giver, options, handler, patience }: Sending, token: GivenToken): UndiciHandler {
  let isOver = false;
  const decide = async (controller: UndiciController, passOn: () => void): Promise<void> => {
    const other = await waitPatiently(
      patience,
      (signal) => replacementOf(token, giver, { body: options.body, signal }),
      () => undefined,
    );
    if (isOver) return;
    if (other === undefined) {
      passOn();
      controller.resume();
      return;
    }
    isOver = true;
    // The answer may never end; a connection is cheaper than reading on.
    controller.abort(new Error('The token was rejected; the request is sent again with another one.'));
    send(other, handler);
  };
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (controller, ...upgrade) => handler.onRequestUpgrade?.(controller, ...upgrade),
    onResponseStart: (controller, statusCode, ...answer) => {
      const passOn = () => handler.onResponseStart?.(controller, statusCode, ...answer);
      if (statusCode !== 401) return passOn();
      controller.pause();
      decide(controller, passOn).catch((error: Error) => controller.abort(error));
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => {
      if (isOver) return;
      isOver = true;
      handler.onResponseError?.(controller, error);
    },
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
