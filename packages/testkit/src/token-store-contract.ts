import type { StoredToken, TokenStore } from '@evertoken/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The same for all tokens of a run, so that two of them are equal. */
const askedAt = Date.now();

/** A stored token with what a test does not care about filled in. */
export function aStoredToken(some: Partial<StoredToken> = {}): StoredToken {
  return {
    accessToken: 'header.payload.signature',
    tokenType: 'Bearer',
    scope: 'read:clients',
    askedAt,
    expiresAt: askedAt + 3_600_000,
    lifetimeMs: 3_600_000,
    ...some,
  };
}

/** A key as the keeper makes them. */
export function aKey(digit = 'a'): string {
  return digit.repeat(64);
}

/** What every {@link TokenStore} promises. `open` gives one that is empty each time. */
export function tokenStoreContract(name: string, open: () => Promise<TokenStore>): void {
  describe(`${name} as a token store`, () => {
    let store: TokenStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('knows nothing at first', async () => {
      expect(await store.load(aKey())).toBeUndefined();
    });

    it('gives back what was saved, whole', async () => {
      await store.save(aKey(), aStoredToken());
      expect(await store.load(aKey())).toEqual(aStoredToken());
    });

    it('gives back a token without scope as one without scope', async () => {
      const { scope: _, ...token } = aStoredToken();
      await store.save(aKey(), token);
      expect(await store.load(aKey())).toEqual(token);
    });

    it('keeps keys apart', async () => {
      await store.save(aKey('a'), aStoredToken({ accessToken: 'one' }));
      await store.save(aKey('b'), aStoredToken({ accessToken: 'two' }));
      expect((await store.load(aKey('a')))?.accessToken).toBe('one');
      expect((await store.load(aKey('b')))?.accessToken).toBe('two');
    });

    it('holds the last of many saves at once', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, i) => store.save(aKey(), aStoredToken({ accessToken: `t${i}` }))));
      expect((await store.load(aKey()))?.accessToken).toMatch(/^t\d+$/);
      await store.save(aKey(), aStoredToken({ accessToken: 'last' }));
      expect((await store.load(aKey()))?.accessToken).toBe('last');
    });

    it('forgets what is removed, and does not mind removing it twice', async () => {
      await store.save(aKey(), aStoredToken());
      await store.remove(aKey());
      await store.remove(aKey());
      expect(await store.load(aKey())).toBeUndefined();
    });
  });
}
