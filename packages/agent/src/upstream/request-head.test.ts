import { describe, expect, it } from 'vitest';
import { writeRequestHead } from './request-head.ts';
import type { UpstreamRequest } from './upstream.ts';

const request: UpstreamRequest = {
  origin: 'http://api',
  method: 'GET',
  target: '/a?b',
  headers: ['Accept', '*/*'],
  body: null,
  contentLength: undefined,
};
const write = (parts: Partial<UpstreamRequest>) => writeRequestHead({ ...request, ...parts }, 'api.example.com:8443');

describe('the head of a request to an API', () => {
  it('says what is asked, of which host, and how long the body is', () => {
    expect(write({})).toBe('GET /a?b HTTP/1.1\r\nhost: api.example.com:8443\r\nAccept: */*\r\n\r\n');
    expect(write({ method: 'POST' })).toContain('\r\ncontent-length: 0\r\n\r\n');
    expect(write({ method: 'POST', body: Buffer.from('abc'), contentLength: 3 })).toContain('\r\ncontent-length: 3\r\n\r\n');
    expect(write({ method: 'POST', body: Buffer.from('abc') })).toContain('\r\ntransfer-encoding: chunked\r\n\r\n');
  });

  it.each<[string, Partial<UpstreamRequest>]>([
    ['a line end in the target', { target: '/a\r\nX: y' }],
    ['a blank in the target', { target: '/a b' }],
    ['a target that is no path', { target: 'http://other/' }],
    ['a line end in a value', { headers: ['A', 'b\r\nC: d'] }],
    ['a bare LF in a value', { headers: ['A', 'b\nC: d'] }],
    ['a NUL in a value', { headers: ['A', 'b\0'] }],
    ['a character beyond Latin-1', { headers: ['A', 'ж'] }],
    ['a line end in a name', { headers: ['A\r\nB', 'c'] }],
    ['a blank in a name', { headers: ['A ', 'c'] }],
    ['a name that is empty', { headers: ['', 'c'] }],
    ['another host', { headers: ['Host', 'other'] }],
    ['another length', { headers: ['Content-Length', '3'] }],
    ['another framing', { headers: ['transfer-encoding', 'chunked'] }],
    ['a method that is two', { method: 'GET /x' }],
    ['a length that is none', { body: Buffer.from('a'), contentLength: -1 }],
    ['half a length', { body: Buffer.from('a'), contentLength: 0.5 }],
  ])('with %s is not written', (_what, parts) => {
    expect(() => write(parts)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });
});
