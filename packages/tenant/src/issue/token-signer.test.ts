import { compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { accessTokenClaims } from './access-token-claims.ts';
import { newSigningKey } from './new-signing-key.ts';
import { type PublishedKey, publishedKey } from './published-key.ts';
import { TokenSigner } from './token-signer.ts';

const claimsAt = (nowMs: number, clientId = 'client'): ReturnType<typeof accessTokenClaims> =>
  accessTokenClaims({ domain: 'a.example', clientId, audience: 'https://api/', scope: [], lifetimeSeconds: 60, nowMs });

/** The key, and how often its private half was taken. */
async function countedKey(): Promise<{ key: PublishedKey; uses: () => number }> {
  const real = publishedKey(await newSigningKey('current', 'a.example', 0));
  let uses = 0;
  const key = {
    ...real,
    get privateKey(): PublishedKey['privateKey'] {
      uses += 1;
      return real.privateKey;
    },
  };
  return { key, uses: () => uses };
}

describe('TokenSigner', () => {
  it('signs once for all who ask for the same claims within a second', async () => {
    const { key, uses } = await countedKey();
    const signer = new TokenSigner();
    const same = await Promise.all(Array.from({ length: 50 }, (_, at) => signer.sign(claimsAt(5_000 + at), key)));
    expect(new Set(same).size).toBe(1);
    expect(await signer.sign(claimsAt(5_999), key)).toBe(same[0]);
    expect(uses()).toBe(1);
    expect(await signer.sign(claimsAt(5_999, 'another'), key)).not.toBe(same[0]);
    expect(await signer.sign(claimsAt(6_000), key)).not.toBe(same[0]);
    expect(uses()).toBe(3);
    await compactVerify(same[0] ?? '', key.publicKey, { algorithms: ['RS256'] });
  });

  it('asks again after a signature that failed', async () => {
    const { key } = await countedKey();
    const signer = new TokenSigner();
    const broken = { ...key, privateKey: key.publicKey };
    await expect(signer.sign(claimsAt(0), broken)).rejects.toThrow();
    await expect(signer.sign(claimsAt(0), key)).resolves.toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});
