import { createHash, randomBytes } from 'node:crypto';
import { TokenKeeper } from '@evertoken/client';
import { aKey, aStoredToken, freshFolder, startTokenEndpoint, tokenStoreContract } from '@evertoken/testkit';
import { createStorage, type Storage } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unstorageTokenStore } from '../examples/unstorage/unstorage-token-store.mjs';

const HOUR = 3_600_000;
const keys = [randomBytes(32)];
const inFiles = async () => createStorage({ driver: fsDriver({ base: await freshFolder() }) });

tokenStoreContract('the example over unstorage in memory', async () => unstorageTokenStore(createStorage(), { keys }));
tokenStoreContract('the example over unstorage in files', async () => unstorageTokenStore(await inFiles(), { keys }));

describe('the example over unstorage, as processes share it', () => {
  const long = aStoredToken({ accessToken: 'long', expiresAt: Date.now() + 2 * HOUR, lifetimeMs: 2 * HOUR });
  const short = aStoredToken({ accessToken: 'short' });

  it('keeps the token that lives longer, whoever saves later', async () => {
    const storage = createStorage();
    const [one, other] = [unstorageTokenStore(storage, { keys }), unstorageTokenStore(storage, { keys })];
    await one.save(aKey(), long);
    const lease = await other.acquire(aKey(), 15_000);
    expect(await lease?.save(short)).toBe(false);
    await other.save(aKey(), short);
    expect((await one.load(aKey()))?.accessToken).toBe('long');
  });

  it('lets the successor of a rejected token replace it, though it lives shorter', async () => {
    const store = unstorageTokenStore(createStorage(), { keys });
    await store.save(aKey(), long);
    const lease = await store.acquire(aKey(), 15_000);
    expect(await lease?.save(short, 'f'.repeat(16))).toBe(false);
    expect(await lease?.save(short, createHash('sha256').update('long').digest('hex').slice(0, 16))).toBe(true);
    expect((await store.load(aKey()))?.accessToken).toBe('short');
  });

  it('gives back no token that has ended, is sealed with another key, was changed, or is another’s', async () => {
    const storage = createStorage();
    const store = unstorageTokenStore(storage, { keys });
    const now = Date.now();
    await store.save(aKey('a'), aStoredToken({ askedAt: now - 2_000, expiresAt: now - 1_000, lifetimeMs: 1_000 }));
    expect(await store.load(aKey('a'))).toBeUndefined();

    await store.save(aKey('b'), short);
    expect(await unstorageTokenStore(storage, { keys: [randomBytes(32)] }).load(aKey('b'))).toBeUndefined();
    const record = await textOf(storage, aKey('b'));
    expect(Buffer.from(record, 'base64').includes('short')).toBe(false);
    await storage.setItem(`evertoken:${aKey('c')}`, record);
    expect(await store.load(aKey('c'))).toBeUndefined();
    await storage.setItem(`evertoken:${aKey('b')}`, `${record.slice(0, -8)}AAAAAAA=`);
    expect(await store.load(aKey('b'))).toBeUndefined();
  });

  it('opens what the old key sealed while that is the second one', async () => {
    const storage = createStorage();
    await unstorageTokenStore(storage, { keys }).save(aKey(), short);
    const both = unstorageTokenStore(storage, { keys: [randomBytes(32), ...keys] });
    expect((await both.load(aKey()))?.accessToken).toBe('short');
  });

  it('gives the token of one process to the next: the issuer is asked once', async () => {
    const issuer = await startTokenEndpoint();
    onTestFinished(() => issuer.close());
    const storage = await inFiles();
    for (let process = 0; process < 3; process += 1) {
      const keeper = new TokenKeeper({ store: unstorageTokenStore(storage, { keys }) });
      const kept = keeper.keep({ tokenEndpoint: issuer.url, clientId: 'worker', clientSecret: 's3cret' });
      expect((await kept.get()).accessToken).toBe('token-1');
      await keeper.close();
    }
    expect(issuer.requests).toHaveLength(1);
  });
});

async function textOf(storage: Storage, key: string): Promise<string> {
  const record = await storage.getItem(`evertoken:${key}`);
  if (typeof record !== 'string') throw new Error('There is no record.');
  return record;
}
