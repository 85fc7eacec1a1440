import type { Writable } from 'node:stream';
import { type AnswerHead, checkPartialHead, readAnswerHead } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';
import { giveBack, lendCopy } from './lent-bytes.ts';
import { type AnswerBody, type UpstreamAnswer, UpstreamError } from './upstream.ts';

const longestHead = 65_536;
const mostInterim = 16;
/** How much of an unwanted answer is read so that its connection can be used again, bytes. Beyond that the connection is closed. */
const longestDropped = 65_536;
const headEnd = Buffer.from('\r\n\r\n');
/** How much of a body is held for a program that takes it slower than it arrives, bytes. */
const mostHeld = 131_072;
/** Up to this length, bytes, a body that is there as a whole is written as one text with its head. */
const longestText = 8_192;
const nothing: Buffer = Buffer.alloc(0);

/** What an exchange needs of its connection. */
export interface ExchangeLine {
  pause(): void;
  resume(): void;
  /** No more of this exchange is wanted: the connection cannot be used again. */
  cut(): void;
}

/** One request and its answer: takes the answer's bytes and hands the body on as fast as it is taken. */
export class Exchange implements AnswerBody {
  readonly answer: Promise<UpstreamAnswer>;
  /** The whole request has been written. */
  isSent = false;
  /** Nothing of the request has been sent: it waits for the end of the turn of the event loop, or the connection turned out to be closed. */
  isUnwritten = true;
  head: AnswerHead | undefined;
  readonly #method: string;
  readonly #line: ExchangeLine;
  #resolve!: (answer: UpstreamAnswer) => void;
  #reject!: (error: UpstreamError) => void;
  #partialHead: Buffer = nothing;
  #interim = 0;
  #left = 0;
  #chunked: ChunkedBody | undefined;
  #isWhole = false;
  #failure: UpstreamError | undefined;
  /** Parts that came before anybody took them. */
  #early: Buffer[] = [];
  #dropped: number | undefined;
  #isHeldBack = false;
  #sink: { response: Writable; resolve: () => void; reject: (error: UpstreamError) => void } | undefined;

  constructor(method: string, line: ExchangeLine) {
    this.#method = method;
    this.#line = line;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether anything of an answer has come. */
  get hasBegun(): boolean {
    return this.head !== undefined || this.#interim > 0 || this.#partialHead.length > 0;
  }

  /** The answer has come to its end. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Takes bytes from the connection, whose memory is used again when it returns. Answers the bytes that do not belong to this answer.
   * @throws {UpstreamError} `bad_answer`
   */
  read(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0 && !this.#isWhole) rest = this.head === undefined ? this.#readHead(rest) : this.#readBody(rest, this.head);
    return rest;
  }

  /** The server has closed the connection in an orderly way, which is how some answers end. */
  closed(): void {
    if (this.head?.framing.kind === 'until-close') this.#end();
    else this.fail(new UpstreamError('cut', 'The API closed the connection before its answer was whole.'));
  }

  fail(error: UpstreamError): void {
    if (this.#isWhole || this.#failure !== undefined) return;
    this.#failure = error;
    if (this.head === undefined) this.#reject(error);
    else this.#sink?.reject(error);
  }

  pipeTo(response: Writable): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const early = this.#early;
    this.#early = [];
    if (this.#isWhole) {
      const bytes = early.reduce((sum, part) => sum + part.length, 0);
      if (bytes <= longestText) response.end(textOf(early), 'latin1');
      else {
        for (const part of early) this.#write(part, response);
        response.end();
      }
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#sink = { response, resolve, reject };
      // Sends the head before the body comes. `flushHeaders` would write it as UTF-8, but its bytes came as Latin-1.
      if (early.length === 0) response.write('', 'latin1');
      for (const part of early) this.#write(part, response);
      if (!this.#isHeldBack) this.#line.resume();
    });
  }

  /** Drops the head of the answer, which has been taken by now (decision 8). */
  forget(): void {
    // Before the request has been sent, the connection still needs the head to see whether it can be used again.
    if (this.isSent) this.head = undefined;
  }

  drop(): void {
    this.#early = [];
    this.#dropped = 0;
    if (!this.#isWhole) this.#line.resume();
  }

  #readHead(bytes: Buffer): Buffer {
    const all = this.#partialHead.length === 0 ? bytes : Buffer.concat([this.#partialHead, bytes]);
    const end = all.indexOf(headEnd);
    if ((end < 0 ? all.length : end) > longestHead) throw new UpstreamError('bad_answer', 'The answer has a head that is too long.');
    if (end < 0) {
      checkPartialHead(all, this.#partialHead.length);
      this.#partialHead = all === bytes ? Buffer.from(all) : all;
      return nothing;
    }
    this.#partialHead = nothing;
    const head = readAnswerHead(all.toString('latin1', 0, end), this.#method);
    const rest = all.subarray(end + headEnd.length);
    if (head.status < 200) {
      this.#interim += 1;
      if (this.#interim > mostInterim) throw new UpstreamError('bad_answer', 'The API does not come to its answer.');
      return rest;
    }
    this.head = head;
    const { status, headers, framing } = head;
    if (framing.kind === 'length') this.#left = framing.length;
    if (framing.kind === 'chunked') this.#chunked = new ChunkedBody((part) => this.#give(part));
    if (framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)) this.#end();
    this.#resolve(new ExchangeAnswer(status, headers, this));
    return rest;
  }

  #readBody(bytes: Buffer, { framing }: AnswerHead): Buffer {
    if (this.#chunked !== undefined) {
      const count = this.#chunked.read(bytes);
      if (this.#chunked.isDone) this.#end();
      return bytes.subarray(count);
    }
    if (framing.kind === 'until-close') {
      this.#give(bytes);
      return nothing;
    }
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= part.length;
    this.#give(part);
    if (this.#left === 0) this.#end();
    return bytes.subarray(part.length);
  }

  #give(part: Buffer): void {
    if (this.#dropped !== undefined) {
      this.#dropped += part.length;
      if (this.#dropped > longestDropped) this.#line.cut();
      return;
    }
    const sink = this.#sink;
    if (sink === undefined) {
      // The first parts may come with the head, before the caller had a chance to say what becomes of the body.
      if (this.#early.length > 0) this.#line.pause();
      this.#early.push(lendCopy(part));
      return;
    }
    this.#write(lendCopy(part), sink.response);
  }

  #write(part: Buffer, response: Writable): void {
    const mayGoOn = response.write(part, (error) => {
      if (!error) giveBack(part);
    });
    // Node asks to stop after 16 KiB, which is less than one read brings. Many small parts take more memory than their bytes, so for them Node is obeyed.
    if (mayGoOn || (part.length > longestText && response.writableLength < mostHeld)) return;
    this.#line.pause();
    // One read may bring thousands of parts.
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    response.once('drain', () => {
      this.#isHeldBack = false;
      // By then the connection may carry another exchange.
      if (!this.#isWhole) this.#line.resume();
    });
  }

  #end(): void {
    this.#isWhole = true;
    if (this.#sink === undefined) return;
    this.#sink.response.end();
    this.#sink.resolve();
  }
}

class ExchangeAnswer implements UpstreamAnswer {
  readonly status: number;
  headers: readonly string[];
  body: AnswerBody;

  constructor(status: number, headers: readonly string[], exchange: Exchange) {
    this.status = status;
    this.headers = headers;
    this.body = exchange;
  }

  forget(): void {
    if (this.body instanceof Exchange) this.body.forget();
    this.headers = [];
    this.body = taken;
  }
}

const taken: AnswerBody = {
  pipeTo: () => Promise.reject(new UpstreamError('abandoned', 'The answer has been taken before.')),
  drop: () => undefined,
};

function textOf(parts: readonly Buffer[]): string {
  return parts.map((part) => part.toString('latin1')).join('');
}
