import { createHash, type webcrypto } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type DpopKeyPair, MemoryStore } from '@evertoken/client';
import { json, passTime } from '@evertoken/testkit';
import { EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startLoopbackServer } from './loopback-server.ts';
import { aStage, failureOf } from './stage.ts';

const stage = aStage();

/** Checks a proof as a server does (RFC 9449 §4.3) and gives its claims. */
async function proofIn(proof: string | string[] | undefined): Promise<JWTPayload & { jkt: string }> {
  const { payload, protectedHeader } = await jwtVerify(String(proof), EmbeddedJWK, {
    typ: 'dpop+jwt',
    currentDate: new Date(stage.clock.now()),
  });
  const { crv, kty, x, y } = protectedHeader.jwk as Record<string, string>;
  return { ...payload, jkt: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url') };
}

/** Issues tokens bound to the key that proves itself; at first only with the nonce it asks for. */
function issueBound(nonce: string): { proofs: (JWTPayload & { jkt: string })[] } {
  const proofs: (JWTPayload & { jkt: string })[] = [];
  stage.endpoint.answer(async (request, response) => {
    const proof = await proofIn(request.headers['dpop']);
    proofs.push(proof);
    if (proof['nonce'] !== nonce)
      return json(response, 400, { error: 'use_dpop_nonce', error_description: 'with nonce, please' }, { 'dpop-nonce': nonce });
    return json(response, 200, { access_token: `bound-${proofs.length}-${proof.jkt}`, token_type: 'DPoP', expires_in: 3_600 });
  });
  return { proofs };
}

/** An API that takes a token only with a proof of its key, and with the API's own nonce. */
async function anApi(nonce: string) {
  const seen: { status: number; htu: unknown; body: string }[] = [];
  const judge = async (request: IncomingMessage): Promise<{ status: number; wantsNonce: boolean; htu?: unknown }> => {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const proof = await proofIn(request.headers['dpop']);
    const ath = createHash('sha256').update(token).digest('base64url');
    if (proof['nonce'] !== nonce) return { status: 401, wantsNonce: true, htu: proof['htu'] };
    const isGood = scheme === 'DPoP' && proof['ath'] === ath && proof['htm'] === request.method && token.endsWith(proof.jkt);
    return { status: isGood ? 200 : 401, wantsNonce: false, htu: proof['htu'] };
  };
  const { origin, close } = await startLoopbackServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void judge(request).then(({ status, wantsNonce, htu }) => {
        seen.push({ status, htu, body: Buffer.concat(chunks).toString() });
        const headers = wantsNonce ? { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce } : {};
        response.writeHead(status, headers).end(status === 200 ? 'welcome' : 'no');
      });
    });
  });
  return { origin, seen, [Symbol.asyncDispose]: close };
}

describe('a token bound to a key (RFC 9449)', () => {
  it('is minted with a proof, once more with the nonce that the issuer asks for, and never with the same proof twice', async () => {
    const { proofs } = issueBound('n-1');
    const token = await stage
      .keeper()
      .keep({ ...stage.request, dpop: true })
      .get();
    expect(token).toMatchObject({ tokenType: 'DPoP', authorization: `DPoP ${token.accessToken}` });
    expect(proofs.map((proof) => proof['nonce'])).toEqual([undefined, 'n-1']);
    expect(new Set(proofs.map((proof) => proof.jti)).size).toBe(2);
    expect(proofs[1]).toMatchObject({ htm: 'POST', htu: stage.endpoint.url, iat: stage.clock.now() / 1000 });
  });

  it('keeps its key from mint to mint, and is in no store', async () => {
    const { proofs } = issueBound('n-1');
    const store = new MemoryStore();
    const keeper = stage.keeper({ store });
    await keeper.keep({ ...stage.request, dpop: true }).get();
    await passTime(stage.clock, keeper, 2_700_000);
    expect(proofs).toHaveLength(3);
    expect(new Set(proofs.map((proof) => proof.jkt)).size).toBe(1);
    await stage
      .keeper({ store })
      .keep({ ...stage.request, dpop: true })
      .get();
    expect(new Set(proofs.map((proof) => proof.jkt)).size).toBe(2);
  });

  it('may be bound to a key that the program has', async () => {
    const { proofs } = issueBound('n-1');
    const keyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    await stage
      .keeper()
      .keep({ ...stage.request, dpop: keyPair })
      .get();
    const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
    expect(proofs[0]?.jkt).toBe(createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url'));
  });

  it('is another one for each key, and the same for the same key', async () => {
    const { proofs } = issueBound('n-1');
    const aKey = () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const [one, two] = [await aKey(), await aKey()];
    const keeper = stage.keeper();
    const first = keeper.keep({ ...stage.request, dpop: one });
    const second = keeper.keep({ ...stage.request, dpop: two });
    expect(keeper.keep({ ...stage.request, dpop: { ...two } })).toBe(second);
    expect((await first.get()).accessToken).not.toBe((await second.get()).accessToken);
    expect(new Set(proofs.map((proof) => proof.jkt)).size).toBe(2);
  });

  it('comes with the next attempt where its key could not be made at first', async () => {
    issueBound('n-1');
    const making = vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValueOnce(new Error('out of entropy'));
    onTestFinished(() => making.mockRestore());
    const kept = stage.keeper().keep({ ...stage.request, dpop: true });
    expect(await failureOf(kept.get())).toMatchObject({ retryable: true });
    stage.clock.advance(1_000);
    expect((await kept.get()).tokenType).toBe('DPoP');
  });

  it.each<[string, webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams, webcrypto.KeyUsage[]]>([
    [
      'that only encrypts',
      { name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      ['encrypt', 'decrypt'],
    ],
    ['that agrees on keys', { name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']],
    [
      'that is too short',
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      ['sign', 'verify'],
    ],
  ])('is refused for good with a key %s, and the issuer is not asked', async (_what, algorithm, usages) => {
    const dpop = (await crypto.subtle.generateKey(algorithm, true, usages)) as DpopKeyPair;
    const failure = await failureOf(
      stage
        .keeper()
        .keep({ ...stage.request, dpop })
        .get(),
    );
    expect(failure).toMatchObject({ code: 'key_unusable', retryable: false });
    expect(failure.message).toMatch(/^The DPoP key of "worker" cannot sign \(.*\): check that `dpop` is a key pair for /);
    expect(stage.endpoint.requests).toHaveLength(0);
  });

  it('is told as ever where it is the issuer that cannot be reached', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed'));
    const failure = await failureOf(
      stage
        .keeper({ fetch })
        .keep({ ...stage.request, dpop: true })
        .get(),
    );
    expect(failure).toMatchObject({ code: 'network_error', retryable: true });
  });

  it('is another one than the Bearer token of the same request', () => {
    const keeper = stage.keeper();
    expect(keeper.keep({ ...stage.request, dpop: true })).not.toBe(keeper.keep(stage.request));
  });

  it('is not taken for bound when the issuer answers with a Bearer token', async () => {
    const failure = await failureOf(
      stage
        .keeper()
        .keep({ ...stage.request, dpop: true })
        .get(),
    );
    expect(failure).toMatchObject({ code: 'invalid_response' });
  });

  it('is proven with each request of fetch, once more with the nonce that the API asks for', async () => {
    issueBound('n-1');
    await using api = await anApi('api-1');
    const kept = stage.keeper().keep({ ...stage.request, dpop: true });
    const first = await kept.fetch(`${api.origin}/orders?open=1`, { method: 'POST', body: 'order' });
    expect(await first.text()).toBe('welcome');
    expect((await kept.fetch(`${api.origin}/orders`)).status).toBe(200);
    const htu = `${api.origin}/orders`;
    expect(api.seen).toEqual([
      { status: 401, htu, body: 'order' },
      { status: 200, htu, body: 'order' },
      { status: 200, htu, body: '' },
    ]);
  });

  it('is not taken for rejected where the API asks for a nonce and the body cannot be sent again; the next request has the nonce', async () => {
    const { proofs } = issueBound('n-1');
    await using api = await anApi('api-1');
    const keeper = stage.keeper();
    const rejected: string[] = [];
    keeper.on('rejected', ({ fingerprint }) => rejected.push(fingerprint));
    const kept = keeper.keep({ ...stage.request, dpop: true });
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const post = () =>
      kept.fetch(`${api.origin}/orders`, { method: 'POST', body: new Blob(['tea']).stream(), duplex: 'half' } as RequestInit);
    expect([(await post()).status, (await post()).status]).toEqual([401, 200]);
    expect([rejected, proofs.length]).toEqual([[], 2]);
  });

  it('is not taken for rejected by an API that asks for another nonce each time', async () => {
    const { proofs } = issueBound('n-1');
    let nonces = 0;
    const { origin, close } = await startLoopbackServer((_request, response) => {
      nonces += 1;
      response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': `api-${nonces}` }).end('another, please');
    });
    onTestFinished(() => close());
    const keeper = stage.keeper();
    const kept = keeper.keep({ ...stage.request, dpop: true });
    await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    const response = await kept.fetch(origin);
    expect([response.status, await response.text()]).toEqual([401, 'another, please']);
    expect([nonces, proofs.length, kept.status().isSuspect]).toEqual([2, 2, false]);
  });

  it('is refused by the API without its key, and the 401 comes to the caller', async () => {
    issueBound('n-1');
    await using api = await anApi('api-1');
    const bound = await stage
      .keeper()
      .keep({ ...stage.request, dpop: true })
      .get();
    stage.endpoint.answer((_request, response) =>
      json(response, 200, { access_token: bound.accessToken, token_type: 'DPoP', expires_in: 3_600 }),
    );
    const thief = stage.keeper().keep({ ...stage.request, dpop: true });
    const response = await thief.fetch(`${api.origin}/orders`);
    expect([response.status, await response.text()]).toEqual([401, 'no']);
  });

  it.each([5, {}, { privateKey: {} }, 'ES256'])('is not bound to %j', (dpop) => {
    expect(() => stage.keeper().keep({ ...stage.request, dpop: dpop as never })).toThrow('`dpop`');
  });
});
