import { describe, expect, it } from 'vitest';
import { readAnswerHead } from './answer-head.ts';

const head = (...lines: string[]) => lines.join('\r\n');

describe('the head of an answer', () => {
  it('is its status and its headers as they came', () => {
    expect(readAnswerHead(head('HTTP/1.1 200 OK', 'Content-Length: 5', 'X-Two:  a b \t', 'x-two: c', 'Empty:'), 'GET')).toEqual({
      status: 200,
      headers: ['Content-Length', '5', 'X-Two', 'a b', 'x-two', 'c', 'Empty', ''],
      framing: { kind: 'length', length: 5 },
      isKeptAlive: true,
      idleMs: undefined,
    });
  });

  it.each<[string, string, string[], object]>([
    ['GET', '200', ['Transfer-Encoding: Chunked'], { kind: 'chunked' }],
    ['GET', '200', [], { kind: 'until-close' }],
    ['GET', '200', ['Content-Length: 7', 'content-length: 7'], { kind: 'length', length: 7 }],
    ['HEAD', '200', ['Content-Length: 7'], { kind: 'none' }],
    ['HEAD', '200', ['Transfer-Encoding: chunked'], { kind: 'none' }],
    ['GET', '204', [], { kind: 'none' }],
    ['GET', '304', ['Content-Length: 7'], { kind: 'none' }],
    ['GET', '103', ['Link: </a>'], { kind: 'none' }],
  ])('frames the body of %s %s %j as %j (RFC 9112 §6.3)', (method, status, lines, framing) => {
    expect(readAnswerHead(head(`HTTP/1.1 ${status} X`, ...lines), method).framing).toEqual(framing);
  });

  it.each<[string, string[], boolean]>([
    ['HTTP/1.1', ['Content-Length: 0'], true],
    ['HTTP/1.1', ['Content-Length: 0', 'Connection: keep-alive, x'], true],
    ['HTTP/1.1', ['Content-Length: 0', 'Connection: x, Close'], false],
    ['HTTP/1.1', ['Content-Length: 0', 'Connection: x', 'connection: close'], false],
    ['HTTP/1.1', [], false],
    ['HTTP/1.0', ['Content-Length: 0', 'Connection: keep-alive'], false],
  ])('of %s with %j lets its connection live: %s', (version, lines, isKeptAlive) => {
    expect(readAnswerHead(head(`${version} 200`, ...lines), 'GET').isKeptAlive).toBe(isKeptAlive);
  });

  it.each([
    ['timeout=5, max=100', 5_000],
    ['max=100, TIMEOUT=5', 5_000],
    ['timeout=abc', undefined],
    ['retimeout=5', undefined],
    ['timeout=99999999999', undefined],
  ])('tells by `Keep-Alive: %s` that the server waits %s ms', (value, idleMs) => {
    expect(readAnswerHead(head('HTTP/1.1 200', 'Content-Length: 0', `Keep-Alive: ${value}`), 'GET').idleMs).toBe(idleMs);
  });

  it.each<[string, string]>([
    ['no status line', 'hello'],
    ['nothing', ''],
    ['HTTP/2', 'HTTP/2 200 OK'],
    ['a status of two digits', 'HTTP/1.1 99 X'],
    ['a status of four digits', 'HTTP/1.1 2000 X'],
    ['another protocol', head('HTTP/1.1 101 Switching', 'Upgrade: websocket')],
    ['a folded line', head('HTTP/1.1 200 OK', 'A: b', ' c')],
    ['a blank before the colon', head('HTTP/1.1 200 OK', 'Content-Length : 5')],
    ['no colon', head('HTTP/1.1 200 OK', 'Content-Length')],
    ['no name', head('HTTP/1.1 200 OK', ': 5')],
    ['a bare LF', head('HTTP/1.1 200 OK', 'A: b\nContent-Length: 5')],
    ['a bare LF after the status line', 'HTTP/1.1 200 OK\nA: b'],
    ['a bare CR', head('HTTP/1.1 200 OK', 'A: b\rContent-Length: 5')],
    ['a NUL', head('HTTP/1.1 200 OK', 'A: b\0')],
    ['two lengths', head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Content-Length: 6')],
    ['a list of lengths', head('HTTP/1.1 200 OK', 'Content-Length: 5, 5')],
    ['a signed length', head('HTTP/1.1 200 OK', 'Content-Length: +5')],
    ['a negative length', head('HTTP/1.1 200 OK', 'Content-Length: -1')],
    ['a length in hex', head('HTTP/1.1 200 OK', 'Content-Length: 0x5')],
    ['a length beyond all numbers', head('HTTP/1.1 200 OK', 'Content-Length: 1234567890123456')],
    ['an empty length', head('HTTP/1.1 200 OK', 'Content-Length:')],
    ['a length and chunks', head('HTTP/1.1 200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['a length and chunks of no body', head('HTTP/1.1 204 X', 'Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['another coding', head('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked')],
    ['chunks twice', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
    ['a coding that only looks like chunks', head('HTTP/1.1 200 OK', 'Transfer-Encoding: xchunked')],
    ['chunks in HTTP/1.0', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')],
  ])('with %s is refused', (_what, text) => {
    expect(() => readAnswerHead(text, 'GET')).toThrow(expect.objectContaining({ code: 'bad_answer' }));
  });

  it('with a long run of blanks loses those around a value, and none in it', () => {
    const blanks = ' '.repeat(60_000);
    expect(readAnswerHead(head('HTTP/1.1 200 OK', `A: ${blanks}x${blanks}`), 'GET').headers).toEqual(['A', 'x']);
    expect(readAnswerHead(head('HTTP/1.1 200 OK', `A: x${blanks}x`), 'GET').headers[1]).toHaveLength(60_002);
  });
});
