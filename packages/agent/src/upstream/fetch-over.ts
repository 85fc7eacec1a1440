import { Writable } from 'node:stream';
import type { Fetch } from '@evertoken/client';
import {
  type AnswerBody,
  type Upstream,
  type UpstreamCall,
  UpstreamError,
  type UpstreamErrorCode,
  type UpstreamRequest,
} from './upstream.ts';

/** Statuses whose answers have no body (Fetch §2.2.3), which `Response` insists on. */
const bodiless = new Set([204, 205, 304]);
/** System codes for failures that have no code of the system. */
const systemCodes: Partial<Record<UpstreamErrorCode, string>> = {
  timeout: 'ETIMEDOUT',
  silent: 'ETIMEDOUT',
  cut: 'ECONNRESET',
  bad_answer: 'EPROTO',
};

/**
 * `fetch` over the connections of `upstream`, as far as issuers need it: a body is text, no redirect is followed, nothing is decoded and no cookie kept. It
 * rejects with the signal's reason once that aborts, else with a `TypeError` that has a `code` of the system's where there is one (`ECONNREFUSED`).
 */
export function fetchOver(upstream: Upstream): Fetch {
  return async (input, init = {}) => {
    const signal = init.signal ?? undefined;
    signal?.throwIfAborted();
    const call = upstream.send(requestOf(new URL(input), init));
    const ended = endingOf(call, signal);
    try {
      const { status, headers, body } = await Promise.race([call.answer, ended.early]);
      // A status above 599 is not valid (RFC 9110 §15), but the head may have had one.
      if (status > 599) throw new UpstreamError('bad_answer', `The answer has the status ${status}.`);
      const answer = { status, headers: pairsOf(headers) };
      if (!bodiless.has(status)) return new Response(streamOf(body, call, ended), answer);
      body.drop();
      ended.done();
      return new Response(null, answer);
    } catch (error) {
      ended.done();
      throw asTypeError(error);
    }
  };
}

function requestOf({ origin, pathname, search }: URL, { method = 'GET', headers, body }: RequestInit): UpstreamRequest {
  const text = body === undefined || body === null ? null : Buffer.from(String(body));
  // Without this an issuer may compress its answer, and nothing is decoded here.
  const all = new Headers({ 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(headers)) });
  return {
    origin,
    method,
    target: `${pathname}${search}`,
    headers: [...all].flat(),
    body: text,
    contentLength: text?.length,
  };
}

interface Ending {
  /** Rejects when the signal aborts; the call is given up then. */
  readonly early: Promise<never>;
  /** Stops listening to the signal, which may live longer than the call. */
  done(): void;
}

function endingOf(call: UpstreamCall, signal: AbortSignal | undefined): Ending {
  if (signal === undefined) return { early: new Promise(() => undefined), done: () => undefined };
  let end!: () => void;
  const early = new Promise<never>((_, reject) => {
    end = () => {
      call.abandon();
      reject(signal.reason);
    };
  });
  // The answer's own failure comes first where the signal aborts later, or while the body is read.
  early.catch(() => undefined);
  call.answer.catch(() => undefined);
  signal.addEventListener('abort', end, { once: true });
  return { early, done: () => signal.removeEventListener('abort', end) };
}

/** The body as a stream that fetches only as much as is read. */
function streamOf(body: AnswerBody, call: UpstreamCall, ended: Ending): ReadableStream<Uint8Array> {
  let goOn: (() => void) | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const sink = new Writable({
        write(part: Buffer, _encoding, done) {
          if (part.length === 0) return done();
          goOn = done;
          // Its memory is used again as soon as `done` is called.
          controller.enqueue(Uint8Array.from(part));
        },
        final(done) {
          ended.done();
          controller.close();
          done();
        },
      });
      body.pipeTo(sink).catch((error: unknown) => {
        ended.done();
        controller.error(asTypeError(error));
      });
    },
    pull() {
      const next = goOn;
      goOn = undefined;
      next?.();
    },
    cancel() {
      ended.done();
      call.abandon();
    },
  });
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] as string] satisfies [string, string]] : []));
}

function asTypeError(error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const { code = systemCodes[error.code] } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return Object.assign(new TypeError(error.message, { cause: error }), code !== undefined && { code });
}
