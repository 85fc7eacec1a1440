import type { IncomingMessage } from 'node:http';

/** Longest body that is kept for a second sending, bytes. */
export const longestReplay: number = 65_536;

/** A request's body on its way to an API: sent as it comes, and sent again where it was short enough to be kept. */
export class RequestBody {
  /** Length that the program named; undefined for a chunked body or none. */
  readonly length: number | undefined;
  readonly #request: IncomingMessage;
  readonly #isChunked: boolean;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #isWhole: boolean;

  constructor(request: IncomingMessage) {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    this.#request = request;
    this.#isChunked = encoding !== undefined;
    this.length = this.#isChunked || length === undefined ? undefined : Number(length);
    this.#isWhole = !this.#isChunked && (this.length ?? 0) === 0;
    if ((this.length ?? 0) > longestReplay) this.#kept = undefined;
  }

  /** What to send first; null for no body. */
  first(): AsyncIterable<Buffer> | null {
    return this.#isWhole ? null : this.#read();
  }

  /** Whether the program's body has not been read to its end. */
  get isUnread(): boolean {
    return !this.#isWhole;
  }

  /** What to send a second time; undefined where that is not possible, null for no body. */
  again(): Buffer | null | undefined {
    if (!this.#isWhole || this.#kept === undefined) return undefined;
    return this.length === undefined && !this.#isChunked ? null : this.length === 0 ? null : Buffer.concat(this.#kept);
  }

  async *#read(): AsyncGenerator<Buffer> {
    // The request is not destroyed when the API answers early or not at all: the program still has to get its answer.
    for await (const chunk of this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      this.#keptBytes += chunk.length;
      if (this.#keptBytes > longestReplay) this.#kept = undefined;
      else this.#kept?.push(chunk);
      yield chunk;
    }
    this.#isWhole = true;
  }
}
