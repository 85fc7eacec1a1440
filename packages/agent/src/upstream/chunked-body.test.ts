import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from './chunked-body.ts';

/** Reads `text`, cut at `cuts`; answers what the chunks held, and how many bytes were left over. */
function read(text: string, cuts: readonly number[] = []): { body: string; isDone: boolean; left: number } {
  const parts: Buffer[] = [];
  const chunked = new ChunkedBody((part) => parts.push(Buffer.from(part)));
  const bytes = Buffer.from(text, 'latin1');
  const edges = [0, ...[...cuts].sort((a, b) => a - b).map((cut) => Math.min(cut, bytes.length)), bytes.length];
  let left = 0;
  for (let i = 1; i < edges.length; i += 1) {
    const piece = bytes.subarray(edges[i - 1], edges[i]);
    left += piece.length - (chunked.isDone ? 0 : chunked.read(piece));
  }
  return { body: Buffer.concat(parts).toString('latin1'), isDone: chunked.isDone, left };
}

describe('a body in chunks', () => {
  it('is what the chunks hold, and ends with the empty one', () => {
    expect(read('4\r\nWiki\r\nA\r\npedia in\r\n\r\n0\r\n\r\n')).toEqual({ body: 'Wikipedia in\r\n', isDone: true, left: 0 });
  });

  it('reads over extensions and trailers', () => {
    expect(read('2 ; a="b"\r\nok\r\n0;x\r\nA: b\r\nC: d\r\n\r\n')).toEqual({ body: 'ok', isDone: true, left: 0 });
  });

  it('leaves what comes after it', () => {
    expect(read('0\r\n\r\nHTTP/1.1 200 OK')).toEqual({ body: '', isDone: true, left: 15 });
  });

  it('is not done before its end', () => {
    for (const text of ['', '2', '2\r\n', '2\r\nok', '2\r\nok\r\n', '2\r\nok\r\n0\r\n', '0\r\nA: b\r\n'])
      expect(read(text).isDone).toBe(false);
  });

  it.each<[string, string]>([
    ['a size that is no number', 'x\r\n'],
    ['no size', '\r\n'],
    ['a signed size', '+2\r\nok\r\n'],
    ['a size in hex with prefix', '0x2\r\nok\r\n'],
    ['a blank before the size', ' 2\r\nok\r\n'],
    ['a size beyond all numbers', 'fffffffffffff\r\n'],
    ['a bare LF after the size', '2\nok\r\n'],
    ['a bare CR in the line', '2\r;\r\nok'],
    ['a bare CR in an extension', '2;a\r0\r\nok\r\n'],
    ['a bare CR in a trailer', '0\r\nA: b\rC: d\r\n\r\n'],
    ['a bare LF after the data', '2\r\nok\n0\r\n\r\n'],
    ['more data than the size', '2\r\noks\r\n'],
    ['a line without end', 'a'.repeat(2_000)],
    ['an extension without end', `2;${'a'.repeat(2_000)}`],
    ['a trailer without end', `0\r\n${'A: b\r\n'.repeat(4_000)}`],
  ])('with %s is refused', (_what, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad_answer' }));
  });

  it('is the same however its bytes are cut', () => {
    const chunk = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), fc.array(fc.nat(2_000), { maxLength: 40 }), (chunks, cuts) => {
        const text = `${chunks.map((data) => `${data.length.toString(16)}\r\n${data}\r\n`).join('')}0\r\nT: x\r\n\r\n`;
        expect(read(text, cuts)).toEqual({ body: chunks.join(''), isDone: true, left: 0 });
      }),
    );
  });

  it('of any bytes is a body, a part of one, or refused; never something else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const chunked = new ChunkedBody(() => undefined);
        try {
          expect(chunked.read(Buffer.from(bytes))).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_answer' });
        }
      }),
    );
  });
});
