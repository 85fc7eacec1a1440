import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { type Fetch, type PrivateKey, TokenError, type TokenRequest } from '@evertoken/client';
import { json, refuseWith, type SeenRequest } from '@evertoken/testkit';
import { importSPKI, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf } from './stage.ts';

const stage = aStage();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof rsa.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }) as string;

const withKey = (privateKey: PrivateKey): TokenRequest => {
  const { clientSecret: _, ...request } = stage.request;
  return { ...request, privateKey };
};

async function assertionOf(request: SeenRequest | undefined, alg: string, publicKey: typeof rsa.publicKey) {
  const spki = await importSPKI(publicKey.export({ type: 'spki', format: 'pem' }) as string, alg);
  return jwtVerify(request?.form.get('client_assertion') ?? '', spki, { currentDate: new Date(stage.clock.now()) });
}

describe('a client with a private key (RFC 7523)', () => {
  it.each<[string, string, () => PrivateKey, typeof rsa]>([
    ['PEM', 'RS256', () => ({ key: pem(rsa.privateKey) }), rsa],
    ['PEM', 'PS256', () => ({ key: pem(rsa.privateKey), alg: 'PS256' }), rsa],
    ['PEM', 'ES256', () => ({ key: pem(ec.privateKey), alg: 'ES256' }), ec],
    ['PEM with no `alg`', 'ES256', () => ({ key: pem(ec.privateKey) }), ec],
    ['KeyObject with no `alg`', 'ES256', () => ({ key: createPrivateKey(pem(ec.privateKey)) }), ec],
    ['JWK', 'RS256', () => ({ key: { ...rsa.privateKey.export({ format: 'jwk' }), use: 'sig' } }), rsa],
    ['JWK', 'ES256', () => ({ key: { ...ec.privateKey.export({ format: 'jwk' }) } }), ec],
    ['KeyObject', 'PS256', () => ({ key: createPrivateKey(pem(rsa.privateKey)), alg: 'PS256' }), rsa],
    ['function', 'RS256', () => ({ key: () => Promise.resolve(pem(rsa.privateKey)) }), rsa],
    ['signer', 'RS256', () => ({ alg: 'RS256', sign: (data) => sign('sha256', data, rsa.privateKey) }), rsa],
    [
      'signer',
      'ES256',
      () => ({ alg: 'ES256', sign: (data) => sign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }) }),
      ec,
    ],
  ])('given as %s signs its assertion with %s', async (_form, alg, privateKey, pair) => {
    await stage
      .keeper()
      .keep(withKey({ ...privateKey(), kid: 'key-1' }))
      .get();
    const [request] = stage.endpoint.requests;
    expect(request?.form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(request?.form.has('client_secret')).toBe(false);
    const { payload, protectedHeader } = await assertionOf(request, alg, pair.publicKey);
    expect(protectedHeader).toMatchObject({ alg, kid: 'key-1' });
    const now = stage.clock.now() / 1000;
    const aud = stage.endpoint.url;
    expect(payload).toEqual({ iss: 'worker', sub: 'worker', aud, jti: expect.any(String), iat: now - 5, exp: now + 60 });
    expect(payload.jti?.length).toBeGreaterThan(20);
  });

  it.each<[string, string, Partial<TokenRequest>]>([
    ['Auth0’s domain', 'https://acme.eu.auth0.com/', { domain: 'acme.eu.auth0.com' }],
    ['a token endpoint', 'https://login.example.com/realms/prod/token', { tokenEndpoint: 'https://login.example.com/realms/prod/token' }],
  ])('where it names its issuer by %s signs for %s', async (_what, aud, address) => {
    const fetch: Fetch = (_url, init) => globalThis.fetch(stage.endpoint.url, init);
    const { tokenEndpoint: _, ...request } = withKey({ key: pem(rsa.privateKey) });
    await stage
      .keeper({ fetch })
      .keep({ ...request, ...address })
      .get();
    expect((await assertionOf(stage.endpoint.requests[0], 'RS256', rsa.publicKey)).payload.aud).toBe(aud);
  });

  it('given as CryptoKey signs with the key’s own algorithm', async () => {
    const parameters = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
    const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
    await stage
      .keeper()
      .keep(withKey({ key: privateKey }))
      .get();
    const spki = createPublicKey({ key: { ...(await crypto.subtle.exportKey('jwk', publicKey)) } as JsonWebKey, format: 'jwk' });
    expect((await assertionOf(stage.endpoint.requests[0], 'PS256', spki)).protectedHeader.alg).toBe('PS256');
  });

  it('never uses an assertion twice, and follows the issuer’s clock where it is far from ours', async () => {
    const aheadMs = 3_600_000;
    stage.endpoint.answer((_request, response) =>
      json(
        response,
        200,
        { access_token: `t${stage.endpoint.requests.length}`, token_type: 'Bearer', expires_in: 600 },
        { date: new Date(stage.clock.now() + aheadMs).toUTCString() },
      ),
    );
    const kept = stage.keeper().keep(withKey({ key: pem(rsa.privateKey) }));
    await kept.get();
    stage.clock.suspend(700_000);
    await kept.get();
    const [first, second] = await Promise.all(
      stage.endpoint.requests.map(
        (request) =>
          JSON.parse(Buffer.from(request.form.get('client_assertion')?.split('.')[1] ?? '', 'base64url').toString()) as {
            jti: string;
            exp: number;
          },
      ),
    );
    expect(first?.jti).not.toBe(second?.jti);
    expect(first?.exp).toBe(stage.clock.now() / 1000 - 700 + 60);
    expect(second?.exp).toBe((stage.clock.now() + aheadMs) / 1000 + 60);
  });

  it('learns no time from an answer on whose way the machine slept', async () => {
    stage.endpoint.answer((_request, response) => {
      const date = new Date(stage.clock.now()).toUTCString();
      // The answer was given before the sleep, and comes after it.
      if (stage.endpoint.requests.length === 1) stage.clock.suspend(8_000);
      return json(response, 200, { access_token: `t${stage.endpoint.requests.length}`, token_type: 'Bearer', expires_in: 60 }, { date });
    });
    const kept = stage.keeper().keep(withKey({ key: pem(rsa.privateKey) }));
    await kept.get();
    stage.clock.suspend(600_000);
    await kept.get();
    const [, assertion = ''] = stage.endpoint.requests[1]?.form.get('client_assertion')?.split('.') ?? [];
    const { exp } = JSON.parse(Buffer.from(assertion, 'base64url').toString()) as { exp: number };
    expect(exp).toBe(Math.floor(stage.clock.now() / 1000) + 60);
  });

  it('says that the key cannot sign, and shows nothing of it', async () => {
    const failure = await failureOf(
      stage
        .keeper()
        .keep(withKey({ key: pem(ec.privateKey), alg: 'RS256' }))
        .get(),
    );
    expect(failure).toMatchObject({ code: 'key_unusable', retryable: false });
    expect(failure.message).toMatch(/^The private key of "worker" cannot sign \(DataError.*\): check/);
    expect(inspect(failure, { depth: 9 })).not.toContain('PRIVATE');
    expect(stage.endpoint.requests).toHaveLength(0);
  });

  it.each<[string, (fail: () => never) => PrivateKey, string]>([
    ['the signer', (fail) => ({ alg: 'RS256', sign: fail }), 'The signer of "worker" failed to sign (KmsThrottled, ECONNRESET).'],
    [
      'the key’s source',
      (fail) => ({ key: fail }),
      'The private key of "worker" could not be read from its source (KmsThrottled, ECONNRESET).',
    ],
  ])('is not to blame where %s is away, which may pass', async (_what, privateKey, message) => {
    const fail = () => {
      throw Object.assign(new Error(`kms said ${pem(ec.privateKey)}`), { name: 'KmsThrottled', code: 'ECONNRESET' });
    };
    const failure = await failureOf(
      stage
        .keeper()
        .keep(withKey(privateKey(fail)))
        .get(),
    );
    expect(failure).toMatchObject({ code: 'secret_unavailable', retryable: true, message, details: { systemCode: 'ECONNRESET' } });
    expect(inspect(failure, { depth: 9 })).not.toContain('PRIVATE');
  });

  it.each<[string, (never: () => Promise<never>) => TokenRequest, string]>([
    ['the signer', (never) => withKey({ alg: 'RS256', sign: never }), 'The signer of "worker" did not sign within 10 s.'],
    ['the key’s source', (never) => withKey({ key: never }), 'The private key of "worker" did not come from its source within 10 s.'],
    [
      'the secret’s source',
      (never) => ({ ...stage.request, clientSecret: ['refused', never] }),
      'The client secret of "worker" did not come from its source within 10 s.',
    ],
  ])('is told that %s hangs, which is no failure of the issuer', async (_what, request, message) => {
    stage.endpoint.answer(refuseWith(401, 'invalid_client', 'no'));
    let failure: Promise<TokenError> | undefined;
    await new Promise<void>((isAsked) => {
      const never = () => {
        isAsked();
        return new Promise<never>(() => undefined);
      };
      failure = failureOf(
        stage
          .keeper({ policy: { waitMs: 20_000 } })
          .keep(request(never))
          .get(),
      );
    });
    stage.clock.advance(10_000);
    expect(await failure).toMatchObject({ code: 'secret_unavailable', retryable: true, message });
  });
});

describe('a client with several secrets', () => {
  const accepting = (...accepted: string[]) => {
    let issued = 0;
    stage.endpoint.answer((request, response) => {
      if (!accepted.includes(request.form.get('client_secret') ?? ''))
        return refuseWith(401, 'access_denied', 'Unauthorized')(request, response);
      issued += 1;
      return json(response, 200, { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 600 });
    });
  };
  const secretsSent = () => stage.endpoint.requests.map((request) => request.form.get('client_secret'));

  it('is served with whichever the issuer takes, and the one that worked is tried first from then on', async () => {
    accepting('new');
    const keeper = stage.keeper();
    const rotations: unknown[] = [];
    keeper.on('secretRotated', (rotation) => rotations.push(rotation));
    const kept = keeper.keep({ ...stage.request, clientSecret: ['old', () => 'new'] });
    await kept.get();
    stage.clock.suspend(700_000);
    await kept.get();
    expect(secretsSent()).toEqual(['old', 'new', 'new']);
    expect(rotations).toEqual([{ name: 'https://orders.example.com', from: 0, to: 1 }]);
  });

  it('fails once for all when none is taken, each tried once', async () => {
    accepting();
    const failure = await stage
      .keeper()
      .keep({ ...stage.request, clientSecret: ['a', 'b', 'a'] })
      .get()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'access_denied', details: { status: 401 } });
    expect(secretsSent()).toEqual(['a', 'b']);
  });

  it('goes on with the others when one cannot be read', async () => {
    accepting('b');
    const broken = () => Promise.reject(new Error('vault sealed'));
    expect(
      await stage
        .keeper()
        .keep({ ...stage.request, clientSecret: [broken, 'b'] })
        .get(),
    ).toBeInstanceOf(Object);
    expect(secretsSent()).toEqual(['b']);
  });

  it('does not try the next for a refusal that no secret mends', async () => {
    stage.endpoint.answer(refuseWith(403, 'access_denied', 'no grant'));
    await expect(
      stage
        .keeper()
        .keep({ ...stage.request, clientSecret: ['a', 'b'] })
        .get(),
    ).rejects.toBeInstanceOf(TokenError);
    expect(secretsSent()).toEqual(['a']);
  });

  it('is served at once with a new secret after a wrong one was remembered', async () => {
    accepting('right');
    const keeper = stage.keeper();
    const kept = keeper.keep({ ...stage.request, clientSecret: 'wrong' });
    await expect(kept.get()).rejects.toMatchObject({ code: 'access_denied' });
    expect(keeper.keep({ ...stage.request, clientSecret: 'right' })).toBe(kept);
    expect((await kept.get()).accessToken).toBe('token-1');
  });
});

describe('a client known by its certificate (RFC 8705)', () => {
  it('sends its id and no secret', async () => {
    const { clientSecret: _, ...request } = stage.request;
    await stage
      .keeper()
      .keep({ ...request, clientAuthentication: 'tls_client_auth' })
      .get();
    const form = Object.fromEntries(stage.endpoint.requests[0]?.form ?? []);
    expect(form).toEqual({ grant_type: 'client_credentials', client_id: 'worker', audience: 'https://orders.example.com' });
  });
});

describe('wrong credentials', () => {
  const request = { tokenEndpoint: 'https://login.example.com/token', clientId: 'a' };
  const rsaPem = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
  it.each<[string, Record<string, unknown>]>([
    ['`clientSecret` must have one to 3', { clientSecret: [] }],
    ['`clientSecret` must have one to 3', { clientSecret: ['a', 'b', 'c', 'd'] }],
    ['`clientSecret` must be a string', { clientSecret: ['a', ''] }],
    ['`clientSecret` must be a string', {}],
    ['`clientSecret` has no use', { clientSecret: 'a', clientAuthentication: 'tls_client_auth' }],
    ['`clientSecret` has no use', { clientSecret: 'a', privateKey: { key: {} } }],
    ['`privateKey` must be', { clientAuthentication: 'private_key_jwt' }],
    ['`privateKey` has no use', { clientSecret: 'a', privateKey: { key: {} }, clientAuthentication: 'client_secret_post' }],
    ['`privateKey.alg`', { privateKey: { key: {}, alg: 'HS256' } }],
    ['`privateKey.alg`', { privateKey: { sign: () => new Uint8Array() } }],
    ['`privateKey.sign`', { privateKey: { sign: 'me', alg: 'RS256' } }],
    ['`privateKey.kid`', { privateKey: { key: {}, kid: '' } }],
    ['`privateKey.key`', { privateKey: { key: 5 } }],
    ['`privateKey.key`', { privateKey: { key: 'no pem' } }],
    ['openssl pkcs8 -topk8', { privateKey: { key: rsaPem } }],
  ])('%s: named at once, case %#', (name, some) => {
    expect(() => stage.keeper().keep({ ...request, ...some } as never)).toThrow(TypeError);
    expect(() => stage.keeper().keep({ ...request, ...some } as never)).toThrow(name);
  });
});
