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
  /** For how long the server keeps an idle connection, ms, where it says so. */
  readonly idleMs: number | undefined;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const notInValue = /[^\t\x20-\x7e\x80-\xff]/;
const longestLength = 15;

/**
 * Reads the head of an answer, without the empty line that ends it, as Latin-1. Strict where leniency has let one server see another message than the
 * next one: no line without CRLF, no folded line, no blank before a colon, one way to frame the body.
 * @throws {UpstreamError} `bad_answer`
 */
export function readAnswerHead(text: string, method: string): AnswerHead {
  const lines = text.split('\r\n');
  const first = statusLine.exec(lines[0] ?? '');
  if (first === null) throw bad('does not begin with a status line of HTTP/1.1');
  const isOld = first[1] === '0';
  const status = Number(first[2]);
  const headers: string[] = [];
  let [length, coding, connection, keepAlive]: (string | undefined)[] = [];
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = trimmed(line.slice(colon + 1));
    if (colon < 1 || !headerName.test(name) || notInValue.test(value)) throw bad('has a header line that is none (RFC 9112 §5)');
    headers.push(name, value);
    switch (name.toLowerCase()) {
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
  return (list ?? '').split(',').some((part) => part.trim().toLowerCase() === token);
}

function idleMsOf(keepAlive: string | undefined): number | undefined {
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})(?:$|[,\s])/i.exec(keepAlive ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

/** Without the blanks around it; by hand, for a regular expression takes quadratic time on a long run of them. */
function trimmed(value: string): string {
  let [begin, end] = [0, value.length];
  while (begin < end && isBlank(value.charCodeAt(begin))) begin += 1;
  while (end > begin && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(begin, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function bad(what: string): UpstreamError {
  return new UpstreamError('bad_answer', `The answer ${what}.`);
}
