import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { isSignedBy, readClientAssertion } from './client-assertion.ts';
import { OAuthRefusal } from './oauth-refusal.ts';

const domain = 'tenant.example';
const nowMs = 1_790_000_000_000;
const now = nowMs / 1000;
const at = { issuer: `https://${domain}/`, nowMs };
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const others = generateKeyPairSync('rsa', { modulusLength: 2048 });

const goodClaims = { iss: 'client', sub: 'client', aud: `https://${domain}/`, exp: now + 120, iat: now, jti: 'one' };

const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** An assertion of these parts; text stands for itself. Its signature is right for RS256. */
function assertion(claims: unknown = goodClaims, header: unknown = { alg: 'RS256' }): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), keys.privateKey).toString('base64url')}`;
}

/** Why it is refused. */
function fault(text: string): string {
  try {
    readClientAssertion(text, at);
  } catch (error) {
    expect(error).toBeInstanceOf(OAuthRefusal);
    expect(error).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    return (error as OAuthRefusal).body.error_description;
  }
  return expect.unreachable();
}

describe('readClientAssertion', () => {
  it.each(['RS256', 'RS384', 'PS256'])('reads what jose signs with %s, and knows the key of it', async (alg) => {
    const text = await new SignJWT(goodClaims).setProtectedHeader({ alg, kid: 'a-key', typ: 'JWT' }).sign(keys.privateKey);
    const read = readClientAssertion(text, at);
    expect(read).toMatchObject({ clientId: 'client', alg, kid: 'a-key', jti: 'one', deadAtMs: (now + 130) * 1000 });
    expect(isSignedBy(read, keys.publicKey)).toBe(true);
    expect(isSignedBy(read, others.publicKey)).toBe(false);
    expect(isSignedBy({ ...read, alg: alg === 'RS256' ? 'PS256' : 'RS256' }, keys.publicKey)).toBe(false);
    expect(isSignedBy({ ...read, signature: Buffer.alloc(0) }, keys.publicKey)).toBe(false);
  });

  it('takes the audience with and without /oauth/token, also alone in an array, and no other', () => {
    const own = [`https://${domain}/`, `https://${domain}/oauth/token`, [`https://${domain}/`]];
    for (const aud of own) expect(readClientAssertion(assertion({ ...goodClaims, aud }), at).clientId).toBe('client');
    const foreign = [
      `https://${domain}`,
      `http://${domain}/`,
      'https://other.example/',
      '',
      1,
      null,
      undefined,
      [],
      [[`https://${domain}/`]],
    ];
    for (const aud of [...foreign, [`https://${domain}/`, 'https://other.example/']]) {
      expect(fault(assertion({ ...goodClaims, aud }))).toBe(`'aud' claim must be 'https://${domain}/'`);
    }
  });

  it('holds exp to five minutes after iat, or after now where there is no iat', () => {
    const life = "'exp' claim must specify a time that is no more than 5 minutes after 'iat'";
    expect(readClientAssertion(assertion({ ...goodClaims, exp: now + 300 }), at).jti).toBe('one');
    expect(fault(assertion({ ...goodClaims, exp: now + 301 }))).toBe(life);
    const { iat: _iat, ...timeless } = goodClaims;
    expect(readClientAssertion(assertion({ ...timeless, exp: now + 310 }), at).jti).toBe('one');
    expect(fault(assertion({ ...timeless, exp: now + 311 }))).toBe(life);
    expect(fault(assertion({ ...timeless, exp: 1e300 }))).toBe(life);
  });

  it('refuses a time that is past, ahead, or none, beyond ten seconds of tolerance', () => {
    expect(readClientAssertion(assertion({ ...goodClaims, iat: now - 60, exp: now - 9 }), at).jti).toBe('one');
    expect(fault(assertion({ ...goodClaims, iat: now - 60, exp: now - 10 }))).toBe("'exp' claim must specify a time in the future");
    for (const name of ['iat', 'nbf']) {
      expect(readClientAssertion(assertion({ ...goodClaims, [name]: now + 10 }), at).jti).toBe('one');
      expect(fault(assertion({ ...goodClaims, [name]: now + 11 }))).toBe(`'${name}' claim must not specify a time in the future`);
    }
    for (const name of ['exp', 'iat', 'nbf']) {
      expect(fault(assertion({ ...goodClaims, [name]: String(now) }))).toBe(`'${name}' claim must be a number`);
    }
    expect(fault(assertion({ ...goodClaims, exp: undefined }))).toBe("'exp' claim is required");
    expect(fault(assertion(JSON.stringify(goodClaims).replace(String(now + 120), '1e999')))).toBe("'exp' claim must be a number");
  });

  it('wants iss, sub and jti as strings of at most 64 characters, and sub the same as iss', () => {
    const id = 'x'.repeat(64);
    expect(readClientAssertion(assertion({ ...goodClaims, iss: id, sub: id, jti: id }), at)).toMatchObject({ clientId: id, jti: id });
    for (const name of ['iss', 'sub', 'jti']) {
      expect(fault(assertion({ ...goodClaims, [name]: 'x'.repeat(65) }))).toBe(`'${name}' claim must have at most 64 characters`);
      for (const value of [undefined, '', 1, ['client'], {}]) {
        expect(fault(assertion({ ...goodClaims, [name]: value }))).toBe(`'${name}' claim must be a string`);
      }
    }
    expect(fault(assertion({ ...goodClaims, sub: 'another' }))).toBe("'sub' claim must be the same client_id as 'iss'");
  });

  it('takes no algorithm but the three, whatever it is called', () => {
    for (const alg of [
      'none',
      'None',
      'HS256',
      'RS512',
      'ES256',
      'EdDSA',
      'rs256',
      'x'.repeat(17),
      '__proto__',
      'constructor',
      '',
      1,
      null,
      undefined,
    ]) {
      expect(fault(assertion(goodClaims, { alg }))).toBe("'alg' header must be one of RS256, RS384, PS256");
    }
    const input = `${part({ alg: 'HS256' })}.${part(goodClaims)}`;
    const spki = keys.publicKey.export({ type: 'spki', format: 'pem' });
    expect(fault(`${input}.${createHmac('sha256', spki).update(input).digest('base64url')}`)).toMatch(/^'alg' header/);
    expect(fault(`${part({ alg: 'none' })}.${part(goodClaims)}.`)).toBe("'client_assertion' must be a signed JWT in compact form");
  });

  it('takes no header that brings a key or asks for more than it knows, and no token of another type', () => {
    for (const name of ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c']) {
      expect(fault(assertion(goodClaims, { alg: 'RS256', [name]: null }))).toBe(`'${name}' header is not allowed`);
    }
    const jwk = others.publicKey.export({ format: 'jwk' });
    expect(fault(assertion(goodClaims, { alg: 'RS256', jwk }))).toBe("'jwk' header is not allowed");
    for (const typ of ['at+jwt', 'dpop+jwt', 'JOSE', '', 1]) {
      expect(fault(assertion(goodClaims, { alg: 'RS256', typ }))).toBe("'typ' header must be 'JWT'");
    }
    for (const typ of ['JWT', 'jwt', 'client-authentication+jwt']) {
      expect(readClientAssertion(assertion(goodClaims, { alg: 'RS256', typ }), at).jti).toBe('one');
    }
    for (const kid of [1, '', {}]) expect(fault(assertion(goodClaims, { alg: 'RS256', kid }))).toBe("'kid' header must be a string");
  });

  it('refuses a header or payload that is no JSON object, is no UTF-8, or says something twice', () => {
    const json = JSON.stringify(goodClaims);
    const twice = `${json.slice(0, -1)},"iss":"another"}`;
    for (const payload of [twice, '[]', 'null', '"x"', '{', `${json} x`]) {
      expect(fault(assertion(payload))).toBe("the payload of 'client_assertion' must be a JSON object that names nothing twice");
    }
    expect(fault(assertion(goodClaims, '{"alg":"RS256","alg":"RS256"}'))).toMatch(/^the header of/);
    const bytes = Buffer.concat([Buffer.from('{"iss":"'), Buffer.from([0xff]), Buffer.from('"}')]).toString('base64url');
    expect(fault(`${part({ alg: 'RS256' })}.${bytes}.AAAA`)).toMatch(/^the payload of/);
  });

  it('refuses more than 2 048 bytes before it looks inside', () => {
    const text = assertion();
    const padded = assertion({ ...goodClaims, padding: randomBytes(400).toString('hex') });
    expect(padded.length).toBeLessThanOrEqual(2_048);
    expect(readClientAssertion(padded, at).jti).toBe('one');
    expect(fault(`${text}${'A'.repeat(2_049 - text.length)}`)).toBe("'client_assertion' must have at most 2048 bytes");
  });

  it('refuses what is no compact JWS, or spells its bytes in another way', () => {
    const [header = '', payload = '', signature = ''] = assertion().split('.');
    const form = "'client_assertion' must be a signed JWT in compact form";
    for (const text of [
      'x',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${header}.${payload}.${signature}.x`,
    ]) {
      expect(fault(text)).toBe(form);
    }
    expect(fault(`${header}.${payload}.${signature}==`)).toBe(form);
    expect(fault(`${header}.${payload}.${signature.slice(0, -1)}+`)).toBe(form);
    expect(fault(`${header}=.${payload}.${signature}`)).toBe(form);
    // 256 bytes end in a character of which only two bits count.
    const other = String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1);
    expect(Buffer.from(`${signature.slice(0, -1)}${other}`, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    expect(fault(`${header}.${payload}.${signature.slice(0, -1)}${other}`)).toBe(form);
  });

  it('answers any text with an assertion or a refusal that quotes none of it', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.jsonValue().map(part),
      fc.constant(part(goodClaims)),
      fc.constant(part({ alg: 'RS256' })),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const text = pieces.join('.');
        try {
          expect(readClientAssertion(text, at).clientId).toBe('client');
        } catch (error) {
          expect(error).toBeInstanceOf(OAuthRefusal);
        }
      }),
    );
  });
});
