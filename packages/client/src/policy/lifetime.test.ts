import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jwtLifetimeOf, lifetimeOf } from './lifetime.ts';

const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;

describe('the lifetime of a token', () => {
  it.each([
    { expiresIn: 86_400, seconds: 86_400 },
    { expiresIn: '3600', seconds: 3_600 },
    { expiresIn: 0.2, seconds: 1 },
    { expiresIn: 1e12, seconds: 400 * 86_400 },
  ])('is $expiresIn as $seconds s', ({ expiresIn, seconds }) => {
    expect(lifetimeOf(expiresIn, undefined, 300)).toEqual({ ok: true, seconds, isAssumed: false });
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '', 'soon', '12 s', '-5', '1e3', true, { seconds: 60 }, [3600]])(
    'is not read from %s',
    (expiresIn) => {
      expect(lifetimeOf(expiresIn, undefined, 300)).toMatchObject({ ok: false });
    },
  );

  it.each([
    [0, '0'],
    [true, 'true'],
    ['leaked', 'a string'],
    [{ token: 'leaked' }, 'a object'],
  ])('is refused as %j with no more than its kind in words', (expiresIn, given) => {
    expect(lifetimeOf(expiresIn, undefined, 300)).toEqual({ ok: false, given });
  });

  it('is read from a decimal fraction, and from nothing that only begins as a number', () => {
    expect(lifetimeOf('90.25', undefined, 300)).toMatchObject({ seconds: 90.25 });
    expect(lifetimeOf('90.x', undefined, 300)).toMatchObject({ ok: false });
  });

  it.each([undefined, null])('is the default, and said to be, where the issuer answers %s', (expiresIn) => {
    expect(lifetimeOf(expiresIn, undefined, 300)).toEqual({ ok: true, seconds: 300, isAssumed: true });
  });

  it('is the token’s own where that is all there is, and the smaller of both where there are two', () => {
    expect(lifetimeOf(undefined, 7_200, 300)).toEqual({ ok: true, seconds: 7_200, isAssumed: false });
    expect(lifetimeOf(86_400, 7_200, 300)).toEqual({ ok: true, seconds: 7_200, isAssumed: false });
    expect(lifetimeOf(600, 7_200, 300)).toEqual({ ok: true, seconds: 600, isAssumed: false });
  });
});

describe('the lifetime inside a token', () => {
  it('is exp − iat of a JWT', () => {
    expect(jwtLifetimeOf(jwt({ iat: 100, exp: 700 }))).toBe(600);
  });

  it('is read from base64url with both of its own characters', () => {
    const token = jwt({ iat: 100, exp: 700, name: '>>>???~~~ÿÿÿ' });
    expect(token).toMatch(/-.*_|_.*-/);
    expect(jwtLifetimeOf(token)).toBe(600);
  });

  it('is unknown where the parts are not three, or a time is no number', () => {
    const [header, claims, signature] = jwt({ iat: 100, exp: 700 }).split('.');
    expect(jwtLifetimeOf(`${header}.${claims}`)).toBeUndefined();
    expect(jwtLifetimeOf(`${header}.${claims}.${signature}.more`)).toBeUndefined();
    expect(jwtLifetimeOf(jwt({ iat: '100', exp: 700 }))).toBeUndefined();
    expect(jwtLifetimeOf(jwt({ iat: 100, exp: '700' }))).toBeUndefined();
  });

  it.each(['opaque', 'a.b', 'a.!.c', jwt({ exp: 5 }), jwt({ iat: 5, exp: 5 }), jwt({ iat: '1', exp: 2 }), jwt(null)])(
    'is unknown for %s',
    (token) => {
      expect(jwtLifetimeOf(token)).toBeUndefined();
    },
  );

  it('is a positive number or unknown, whatever the token', () => {
    const tokens = fc.oneof(
      fc.string(),
      fc.json().map((text) => `e30.${Buffer.from(text).toString('base64url')}.sig`),
    );
    fc.assert(
      fc.property(tokens, (token) => {
        const seconds = jwtLifetimeOf(token);
        expect(seconds === undefined || seconds > 0).toBe(true);
      }),
    );
  });
});
