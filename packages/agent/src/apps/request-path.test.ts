import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbsoluteTarget, readRequestPath, targetWithin } from './request-path.ts';

describe('a request path', () => {
  it('is taken apart into raw path, query and decoded segments', () => {
    expect(readRequestPath('/api/v2/users/auth0%7C1?fields=a%2Fb')).toEqual({
      raw: '/api/v2/users/auth0%7C1',
      query: '?fields=a%2Fb',
      segments: ['api', 'v2', 'users', 'auth0|1'],
    });
    expect(readRequestPath('/a/')?.segments).toEqual(['a', '']);
    expect(readRequestPath('/')?.segments).toEqual(['']);
  });

  it.each([
    ['dot segments', ['/a/../b', '/a/./b', '/..', '/a/..']],
    ['encoded dot segments', ['/a/%2e%2e/b', '/a/.%2E/b', '/a/%2e/b']],
    ['double slashes', ['/a//b', '//a', '//evil.example/a']],
    ['encoded slashes', ['/a%2fb', '/a/..%2fb', '/a%2F']],
    ['backslashes', ['/a\\b', '/a%5cb', '/a/..%5Cb']],
    ['path parameters', ['/a;x=1/b', '/a%3bb', '/..;/b']],
    ['NUL and other control characters', ['/a%00', '/a%0d%0ab', '/a%7f', '/a\u0001']],
    ['percent signs that encode nothing', ['/a%', '/a%zz', '/a%2']],
    ['overlong and broken UTF-8', ['/a%c0%afb', '/%e0%80%af', '/%ff', '/%c0%ae%c0%ae/b']],
    ['what is encoded twice', ['/a%252fb', '/%252e%252e/b', '/a%255cb']],
    ['fragments, and targets that are no path', ['/a#b', '*', 'http://other.example/a', '', 'a/b']],
  ])('is refused with %s', (_what, targets) => {
    for (const target of targets) expect(readRequestPath(target), target).toBeUndefined();
  });

  it('is behind the authority of a target in absolute-form, where that is ours', () => {
    const own = { scheme: 'http', authority: 'localhost:8400' };
    for (const [target, path] of [
      ['http://localhost:8400/v1/status?a=http://b', '/v1/status?a=http://b'],
      ['HTTP://LOCALHOST:8400/', '/'],
      ['http://localhost:8400', '/'],
      ['http://localhost:8400?a=/b', '/?a=/b'],
      ['http://localhost:8400//evil.example/', '//evil.example/'],
    ] as const) {
      expect([isAbsoluteTarget(target), targetWithin(target, own)], target).toEqual([true, path]);
    }
    for (const target of [
      'https://localhost:8400/',
      'http://localhost/',
      'http://a@localhost:8400/',
      'http://localhost:8400\\@b/',
      'http:///',
    ])
      expect([isAbsoluteTarget(target), targetWithin(target, own)], target).toEqual([true, undefined]);
    expect(targetWithin('http:///v1/status', { scheme: 'http', authority: '' })).toBeUndefined();
    for (const target of ['/http://localhost:8400/', 'localhost:8400', 'ftp://localhost:8400/', '*', ''])
      expect([isAbsoluteTarget(target), targetWithin(target, own)], target).toEqual([false, undefined]);
  });

  it('means to an API what it means to the rules, whatever the input', () => {
    const nasty = fc.constantFrom(
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '/',
      '\\',
      ';',
      '%00',
      '%25',
      '%252e',
      'a',
      'b',
      '%61',
      '%',
      '?',
      '#',
      'é',
      '%c0%af',
    );
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 12 }), (parts) => {
        const path = readRequestPath(`/${parts.join('')}`);
        if (path === undefined) return;
        // What the WHATWG URL parser and a second decoding make of it is still the same path.
        const resolved = new URL(`http://api.example${path.raw}`).pathname;
        expect(decodeURIComponent(resolved).slice(1).split('/')).toEqual(path.segments);
        expect(path.segments).not.toContain('..');
        expect(path.segments.slice(0, -1)).not.toContain('');
      }),
      { numRuns: 2_000 },
    );
  });
});
