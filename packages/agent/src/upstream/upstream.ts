import type { Writable } from 'node:stream';

/** A request to an API. What is in it goes out as it stands, so it is checked once more before. */
export interface UpstreamRequest {
  /** `https://api.example.com`. */
  readonly origin: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names and values in turn, with no `host`, `connection`, `content-length` or `transfer-encoding`: these follow from the rest. */
  readonly headers: readonly string[];
  readonly body: AsyncIterable<Buffer> | Buffer | null;
  /** Bytes of `body` where they are known; a stream of unknown length goes out in chunks. */
  readonly contentLength: number | undefined;
  /** How long the API may be silent once it has the whole request, ms. Default: as long as the upstream was opened with. */
  readonly readTimeoutMs?: number | undefined;
}

/** The body of an answer, to be taken in exactly one of these ways. */
export interface AnswerBody {
  /**
   * Writes it to `response`, of which a head is written already, and ends that.
   * @throws {UpstreamError} `cut`, `bad_answer`, `silent`, `untaken`: what was written then is not the whole.
   */
  pipeTo(response: Writable): Promise<void>;
  /** Nobody wants it. */
  drop(): void;
}

/** An API's answer. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[];
  readonly body: AnswerBody;
  /** Lets go of its headers and its body, which have served: a busy process would carry those of thousands until its next full garbage collection. */
  forget(): void;
}

/** A request under way. */
export interface UpstreamCall {
  /** @throws {UpstreamError} */
  readonly answer: Promise<UpstreamAnswer>;
  /** The program has gone: the exchange ends wherever it is. */
  abandon(): void;
}

/** The way to APIs. */
export interface Upstream {
  send(request: UpstreamRequest): UpstreamCall;
  /** Ends all connections. */
  close(): Promise<void>;
}

export type UpstreamErrorCode =
  | 'unreachable'
  | 'untrusted'
  | 'timeout'
  | 'silent'
  | 'untaken'
  | 'cut'
  | 'bad_answer'
  | 'bad_request'
  | 'abandoned';

/** Why there is no answer, or not all of it. */
export class UpstreamError extends Error {
  override readonly name: string = 'UpstreamError';
  readonly code: UpstreamErrorCode;

  constructor(code: UpstreamErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The first value of `name`, which is in lower case. */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i] as string;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}
