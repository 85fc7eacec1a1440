import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isCertificateCode } from '@evertoken/client/wire';
import type { Dispatcher } from 'undici';
import {
  type AnswerBody,
  type Upstream,
  type UpstreamAnswer,
  type UpstreamCall,
  UpstreamError,
  type UpstreamErrorCode,
  type UpstreamRequest,
} from './upstream.ts';

/** The way to APIs through the proxies that the environment names (`HTTPS_PROXY`), which undici knows how to speak to. */
export class ProxiedUpstream implements Upstream {
  readonly #dispatcher: () => Promise<Dispatcher>;
  readonly #timeoutMs: number;

  /** Whoever made `dispatcher` closes it. */
  constructor(dispatcher: () => Promise<Dispatcher>, timeoutMs: number) {
    this.#dispatcher = dispatcher;
    this.#timeoutMs = timeoutMs;
  }

  send(request: UpstreamRequest): UpstreamCall {
    const gone = new AbortController();
    return { answer: this.#ask(request, gone.signal), abandon: () => gone.abort() };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ask(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
    const { origin, method, target, headers, body, contentLength, readTimeoutMs = this.#timeoutMs } = request;
    try {
      const {
        statusCode,
        headers: answered,
        body: stream,
      } = await (await this.#dispatcher()).request({
        origin,
        path: target,
        method,
        headers: [...headers, ...(contentLength === undefined ? [] : ['content-length', String(contentLength)])],
        // undici takes any async iterable, but its types name streams alone.
        body: body as Buffer | null,
        signal,
        headersTimeout: readTimeoutMs,
        bodyTimeout: readTimeoutMs,
      });
      const hasBody = method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
      return { status: statusCode, headers: flat(answered), body: hasBody ? bodyOf(stream) : noBodyOf(stream), forget: () => undefined };
    } catch (error) {
      throw asUpstreamError(error, origin);
    }
  }
}

function bodyOf(stream: Dispatcher.ResponseData['body']): AnswerBody {
  return {
    async pipeTo(response: Writable) {
      try {
        response.write('', 'latin1');
        await pipeline(stream, response);
      } catch (error) {
        throw asUpstreamError(error, '');
      }
    },
    drop: () => dropped(stream),
  };
}

function dropped(stream: Dispatcher.ResponseData['body']): void {
  // This is not awaited, because an API could let it hang.
  void stream.dump().catch(() => undefined);
}

/** The body of an answer that must have none (RFC 9112 §6.3). An API that sends one all the same breaks its connection, but not the answer. */
function noBodyOf(stream: Dispatcher.ResponseData['body']): AnswerBody {
  const drop = () => dropped(stream);
  return {
    pipeTo(response: Writable) {
      drop();
      response.end();
      return Promise.resolve();
    },
    drop,
  };
}

function flat(headers: IncomingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
}

function asUpstreamError(error: unknown, origin: string): UpstreamError {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  return new UpstreamError(codeOf(code), `The API at ${origin} gave no whole answer.`, error);
}

function codeOf(code: string): UpstreamErrorCode {
  if (code === 'UND_ERR_ABORTED') return 'abandoned';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'silent';
  if (code.includes('TIMEOUT') || code === 'ETIMEDOUT') return 'timeout';
  if (code.startsWith('HPE_')) return 'bad_answer';
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'cut';
  return isCertificateCode(code) ? 'untrusted' : 'unreachable';
}
