import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { accessTokenClaims, type TokenDialect } from './access-token-claims.ts';
import { newSigningKey } from './new-signing-key.ts';
import { publishedKey } from './published-key.ts';
import { newTokenId } from './token-id.ts';
import { type SigningMaterial, TokenSigner, type UnsignedToken } from './token-signer.ts';

const claimsAt = (nowMs: number, clientId = 'client', dialect: TokenDialect = 'access_token'): UnsignedToken => ({
  typ: 'JWT',
  claims: accessTokenClaims({
    issuer: 'https://a.example/',
    clientId,
    audience: 'https://api/',
    dialect,
    scope: [],
    hasBareSubject: false,
    lifetimeSeconds: 60,
    nowMs,
    newTokenId,
  }),
});

type RsaMaterial = Exclude<SigningMaterial, { alg: 'HS256' }>;

/** A key, and how often its private half was taken. */
async function countedKey(alg: RsaMaterial['alg'] = 'RS256'): Promise<{ key: RsaMaterial & { publicKey: KeyObject }; uses: () => number }> {
  const { kid, privateKey, publicKey } = publishedKey(await newSigningKey('current', 'a.example', 0));
  let uses = 0;
  const key = {
    alg,
    kid,
    publicKey,
    get privateKey(): KeyObject {
      uses += 1;
      return privateKey;
    },
  };
  return { key, uses: () => uses };
}

describe('TokenSigner', () => {
  it.each(['RS256', 'RS512'] as const)('signs %s once for all who ask for the same claims within a second', async (alg) => {
    const { key, uses } = await countedKey(alg);
    const signer = new TokenSigner();
    const same = await Promise.all(Array.from({ length: 50 }, (_, at) => signer.sign(claimsAt(5_000 + at), key)));
    expect(new Set(same).size).toBe(1);
    expect(await signer.sign(claimsAt(5_999), key)).toBe(same[0]);
    expect(uses()).toBe(1);
    expect(await signer.sign(claimsAt(5_999, 'another'), key)).not.toBe(same[0]);
    expect(await signer.sign(claimsAt(6_000), key)).not.toBe(same[0]);
    expect(uses()).toBe(3);
    await compactVerify(same[0] ?? '', key.publicKey, { algorithms: [alg] });
  });

  it('signs again what so many others came after that it is not kept', async () => {
    const { key, uses } = await countedKey();
    const signer = new TokenSigner();
    const first = await signer.sign(claimsAt(5_000), key);
    for (let other = 0; other < 127; other += 1) await signer.sign(claimsAt(5_000, `other ${other}`), key);
    expect(await signer.sign(claimsAt(5_000), key)).toBe(first);
    expect(uses()).toBe(128);
    await signer.sign(claimsAt(5_000, 'one more'), key);
    expect(await signer.sign(claimsAt(5_000), key)).toBe(first);
    expect(uses()).toBe(130);
  });

  it('signs each token with an id and each PS256 token by itself', async () => {
    const { key, uses } = await countedKey();
    const signer = new TokenSigner();
    const tokens = await Promise.all(Array.from({ length: 5 }, () => signer.sign(claimsAt(0, 'client', 'rfc9068_profile'), key)));
    expect(new Set(tokens).size).toBe(5);
    expect(uses()).toBe(5);
    const pss = await countedKey('PS256');
    const [one, other] = [await signer.sign(claimsAt(0), pss.key), await signer.sign(claimsAt(0), pss.key)];
    expect(one).not.toBe(other);
    for (const token of [one, other]) await compactVerify(token, pss.key.publicKey, { algorithms: ['PS256'] });
  });

  it('asks again after a signature that failed', async () => {
    const { key } = await countedKey();
    const signer = new TokenSigner();
    const broken = { ...key, privateKey: key.publicKey };
    await expect(signer.sign(claimsAt(0), broken)).rejects.toThrow();
    await expect(signer.sign(claimsAt(0), key)).resolves.toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('refuses more than it was told to have under way, and goes on when they are done', async () => {
    const { key } = await countedKey();
    const signer = new TokenSigner({ maxInFlight: 2 });
    const asked = ['a', 'b', 'c', 'a'].map((clientId) => signer.sign(claimsAt(0, clientId), key));
    const settled = await Promise.allSettled(asked);
    // The fourth shares the signature of the first.
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect((settled[2] as PromiseRejectedResult).reason).toMatchObject({ code: 'overloaded' });
    await expect(signer.sign(claimsAt(0, 'c'), key)).resolves.toMatch(/^ey/);
  });
});
