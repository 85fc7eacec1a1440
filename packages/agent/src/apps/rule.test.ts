import { describe, expect, it } from 'vitest';
import { readRequestPath } from './request-path.ts';
import { parseRule, ruleAllows } from './rule.ts';

function allows(rule: string, method: string, path: string): boolean {
  return ruleAllows(parseRule(rule), method, readRequestPath(path)?.segments ?? []);
}

describe('a rule', () => {
  it('allows its method on its path and nothing else', () => {
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2/clients')).toBe(true);
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2/clients?per_page=5')).toBe(true);
    expect(allows('GET /api/v2/clients', 'POST', '/api/v2/clients')).toBe(false);
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2/clients/1')).toBe(false);
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2')).toBe(false);
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2/Clients')).toBe(false);
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2/clients/')).toBe(false);
  });

  it('allows HEAD where it allows GET, but not the reverse', () => {
    expect(allows('GET /a', 'HEAD', '/a')).toBe(true);
    expect(allows('HEAD /a', 'GET', '/a')).toBe(false);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) expect(allows('GET /a', method, '/a'), method).toBe(false);
  });

  it('takes ANY for every method', () => {
    for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) expect(allows('ANY /a', method, '/a')).toBe(true);
  });

  it('takes * for exactly one segment that is not empty', () => {
    expect(allows('GET /clients/*', 'GET', '/clients/abc')).toBe(true);
    expect(allows('GET /clients/*', 'GET', '/clients/')).toBe(false);
    expect(allows('GET /clients/*', 'GET', '/clients/abc/credentials')).toBe(false);
    expect(allows('GET /clients/*/credentials', 'GET', '/clients/abc/credentials')).toBe(true);
    expect(allows('GET /users/*', 'GET', '/users/auth0%7C123')).toBe(true);
  });

  it('takes ** at the end for any rest', () => {
    for (const path of ['/api/v2', '/api/v2/', '/api/v2/clients', '/api/v2/clients/a/b'])
      expect(allows('ANY /api/v2/**', 'GET', path)).toBe(true);
    expect(allows('ANY /api/v2/**', 'GET', '/api/v3/clients')).toBe(false);
    expect(allows('ANY /**', 'GET', '/')).toBe(true);
  });

  it('matches the decoded path', () => {
    expect(allows('GET /api/v2/clients', 'GET', '/api/v2/%63lients')).toBe(true);
  });

  it.each([
    ['GET', 'a rule is a method and a path'],
    ['GET /a /b', 'a rule is a method and a path'],
    ['get /a', 'unknown method `get`'],
    ['GET a', 'must begin with `/`'],
    ['GET /a/**/b', 'only at the end'],
    ['GET /a*', 'one whole segment'],
    ['GET /a%20b', 'written decoded'],
    ['GET /a//b', '`//`'],
    ['GET /a/../b', '`..`'],
    ['GET /a/./b', '`.`'],
  ])('is refused when written %j', (text, message) => {
    expect(() => parseRule(text)).toThrow(message);
  });
});
