import { UpstreamError } from './upstream.ts';

const longestLine = 1_024;
const longestTrailer = 16_384;
const CR = 13;
const LF = 10;

/**
 * Takes the chunks of one body apart (RFC 9112 §7.1), however its bytes are split over reads. Extensions and trailers are skipped, within bounds.
 */
export class ChunkedBody {
  readonly #onData: (part: Buffer) => void;
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size';
  #line = '';
  #left = 0;
  #trailerBytes = 0;

  /** `onData` gets what the chunks hold, in parts of any length. */
  constructor(onData: (part: Buffer) => void) {
    this.#onData = onData;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /**
   * Reads on; answers how many bytes of `bytes` belong to the body.
   * @throws {UpstreamError} `bad_answer`
   */
  read(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        this.#onData(part);
        if (this.#left === 0) this.#state = 'data-end';
        continue;
      }
      const lf = bytes.indexOf(LF, at);
      const end = lf < 0 ? bytes.length : lf + 1;
      this.#line += bytes.toString('latin1', at, end);
      at = end;
      if (this.#line.length > longestLine) throw bad('has a chunk line that is too long');
      if (lf >= 0) this.#endLine();
    }
    return at;
  }

  #endLine(): void {
    const line = this.#line.slice(0, -2);
    if (this.#line.charCodeAt(this.#line.length - 2) !== CR || line.includes('\r'))
      throw bad('has a chunk line that does not end with CRLF');
    this.#line = '';
    if (this.#state === 'data-end') {
      if (line !== '') throw bad('has a chunk that is longer than it says');
      this.#state = 'size';
    } else if (this.#state === 'size') this.#begin(line);
    else {
      this.#trailerBytes += line.length + 2;
      if (this.#trailerBytes > longestTrailer) throw bad('has a trailer that is too long');
      if (line === '') this.#state = 'done';
    }
  }

  #begin(line: string): void {
    const size = /^([0-9a-fA-F]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1];
    if (size === undefined) throw bad('has a chunk whose size is no number');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
  }
}

function bad(what: string): UpstreamError {
  return new UpstreamError('bad_answer', `The answer ${what}.`);
}
