import { describe, expect, it } from 'vitest';
import { decodeToken } from './decode-token.ts';

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('decodeToken', () => {
  it('shows header and claims, in any script', () => {
    const claims = { sub: 'é 日本 🙂', scope: '>>>???' };
    expect(decodeToken(`${part({ alg: 'RS256' })}.${part(claims)}.sig`)).toEqual({ header: { alg: 'RS256' }, claims });
  });

  it.each([
    ['an opaque token', 'abcdef'],
    ['two parts', `${part({})}.${part({})}`],
    ['an encrypted one', `${part({})}.a.b.c.d`],
    ['no base64url', '*.*.*'],
    ['no JSON', `${part('x')}.${part('y')}.z`],
    ['no objects', `${part([])}.${part(1)}.z`],
  ])('shows nothing of %s', (_what, token) => {
    expect(decodeToken(token)).toBeUndefined();
  });
});
