import { headerName } from './header-name.ts';
import { UpstreamError } from './upstream.ts';

/** How a body ends (RFC 9112 §6.3). */
export type BodyFraming = { readonly kind: 'none' | 'chunked' | 'until-close' } | { readonly kind: 'length'; readonly length: number };

/** The head of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly headers: readonly string[];
  readonly framing: BodyFraming;
  /** Whether the connection may carry another request once the body has ended. */
  readonly isKeptAlive: boolean;
  /** How long the server keeps an idle connection, ms; undefined where it does not say. */
  readonly idleMs: number | undefined;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;
const longestLength = 15;
const noStatusLine = 'does not begin with a status line of HTTP/1.1';
const beginning = Buffer.from('HTTP/1.');
const CR = 13;
const LF = 10;

/**
 * Reads the head of an answer, without the empty line that ends it, as Latin-1. Strict where leniency has let one server see another message than the
 * next one: no line without CRLF, no folded line, no blank before a colon, one way to frame the body.
 * @throws {UpstreamError} `bad_answer`
 */
export function readAnswerHead(text: string, method: string): AnswerHead {
  const statusEnd = lineEnd(text, 0);
  const first = statusLine.exec(text.slice(0, statusEnd));
  if (first === null) throw bad(noStatusLine);
  const isOld = first[1] === '0';
  const status = Number(first[2]);
  const headers: string[] = [];
  let [length, coding, connection, keepAlive]: (string | undefined)[] = [];
  for (let at = statusEnd + 2; at <= text.length; ) {
    const end = lineEnd(text, at);
    const colon = text.indexOf(':', at);
    const name = colon < 0 || colon > end ? '' : text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    at = end + 2;
    const plainName = headerName(name);
    if (plainName === undefined || notInValue.test(value)) throw bad('has a header line that is none (RFC 9112 §5)');
    headers.push(name, value);
    switch (plainName) {
      case 'content-length':
        if (length !== undefined && length !== value) throw bad('has two lengths');
        length = value;
        break;
      case 'transfer-encoding':
        coding = coding === undefined ? value : `${coding}, ${value}`;
        break;
      case 'connection':
        connection = connection === undefined ? value : `${connection}, ${value}`;
        break;
      case 'keep-alive':
        keepAlive = value;
        break;
    }
  }
  if (status === 101) throw bad('changes to another protocol, which nobody asked for');
  const framing = framingOf({ status, method, length, coding, isOld });
  const isClosed = isOld || framing.kind === 'until-close' || hasToken(connection, 'close');
  return { status, headers, framing, isKeptAlive: !isClosed, idleMs: idleMsOf(keepAlive) };
}

/**
 * Checks the beginning of a head whose end has not come: of one that will never be read, the end may never come either. What stands before `from` has been
 * checked before.
 * @throws {UpstreamError} `bad_answer`
 */
export function checkPartialHead(bytes: Buffer, from: number): void {
  if (!bytes.subarray(0, beginning.length).equals(beginning.subarray(0, bytes.length))) throw bad(noStatusLine);
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1))
    if (bytes[at - 1] !== CR) throw bad('has a line that does not end with CRLF');
}

function framingOf(parts: {
  status: number;
  method: string;
  length: string | undefined;
  coding: string | undefined;
  isOld: boolean;
}): BodyFraming {
  const { status, method, length, coding, isOld } = parts;
  if (length !== undefined && (!/^\d+$/.test(length) || length.length > longestLength)) throw bad('has a length that is no number');
  if (coding !== undefined) {
    if (length !== undefined) throw bad('has both a length and a transfer coding');
    if (isOld || coding.toLowerCase() !== 'chunked') throw bad('has a transfer coding other than `chunked`');
  }
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (coding !== undefined) return { kind: 'chunked' };
  if (length === undefined) return { kind: 'until-close' };
  return { kind: 'length', length: Number(length) };
}

function hasToken(list: string | undefined, token: string): boolean {
  // A shortcut for what nearly all servers send.
  if (list === undefined || list === 'keep-alive') return false;
  return list.split(',').some((part) => part.trim().toLowerCase() === token);
}

function idleMsOf(keepAlive: string | undefined): number | undefined {
  if (keepAlive === undefined) return undefined;
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})(?:$|[,\s])/i.exec(keepAlive)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

/** Where the line that begins at `from` ends. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

/** What stands from `begin` to `end`, without the blanks around it; by hand, for a regular expression takes quadratic time on a long run of them. */
function trimmed(text: string, begin: number, end: number): string {
  let [first, last] = [begin, end];
  while (first < last && isBlank(text.charCodeAt(first))) first += 1;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last -= 1;
  return text.slice(first, last);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function bad(what: string): UpstreamError {
  return new UpstreamError('bad_answer', `The answer ${what}.`);
}
