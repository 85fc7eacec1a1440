import { createHash } from 'node:crypto';
import type { Lease, SharedTokenStore } from '@evertoken/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aKey, aStoredToken, tokenStoreContract } from './token-store-contract.ts';

const HOUR = 3_600_000;

/** A lease that must be had. */
async function leaseOf(store: SharedTokenStore, key: string = aKey(), ms = 15_000): Promise<Lease> {
  const lease = await store.acquire(key, ms);
  if (lease === undefined) throw new Error('Another process has the lease.');
  return lease;
}

/** What every {@link SharedTokenStore} promises. `open` gives the stores of two processes on what is empty each time. */
export function sharedTokenStoreContract(name: string, open: () => Promise<readonly [SharedTokenStore, SharedTokenStore]>): void {
  tokenStoreContract(name, async () => {
    const [one, other] = await open();
    await other.close();
    return one;
  });

  describe(`${name} as a store that processes share`, () => {
    let one: SharedTokenStore;
    let other: SharedTokenStore;
    beforeEach(async () => {
      [one, other] = await open();
    });
    afterEach(async () => {
      await one.close();
      await other.close();
    });
    const long = aStoredToken({ accessToken: 'long', expiresAt: aStoredToken().askedAt + 2 * HOUR, lifetimeMs: 2 * HOUR });
    const short = aStoredToken({ accessToken: 'short' });

    it('gives a lease to one process, and to the next when the first has released it', async () => {
      const lease = await leaseOf(one);
      expect(await other.acquire(aKey(), 15_000)).toBeUndefined();
      expect(await one.acquire(aKey(), 15_000)).toBeUndefined();
      await lease.release();
      expect(await other.acquire(aKey(), 15_000)).toBeDefined();
    });

    it('gives one lease to many who ask at once', async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).acquire(aKey(), 15_000)));
      expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1);
    });

    it('keeps the leases of tokens apart', async () => {
      await leaseOf(one, aKey('a'));
      expect(await other.acquire(aKey('b'), 15_000)).toBeDefined();
    });

    it('ends a lease that is not renewed, whose late release then ends no other', async () => {
      const lease = await leaseOf(one, aKey(), 300);
      let next: Lease | undefined;
      await expect
        .poll(async () => {
          next = await other.acquire(aKey(), 15_000);
          return next;
        })
        .toBeDefined();
      expect(await lease.renew(15_000)).toBe(false);
      await lease.release();
      expect(await one.acquire(aKey(), 15_000)).toBeUndefined();
      expect(await next?.renew(15_000)).toBe(true);
    });

    it('keeps a lease that is renewed', async () => {
      const lease = await leaseOf(one, aKey(), 1_000);
      for (let renewals = 0; renewals < 4; renewals += 1) {
        expect(await lease.renew(15_000)).toBe(true);
        expect(await other.acquire(aKey(), 15_000)).toBeUndefined();
      }
    });

    it.each<[string, readonly (readonly [string, number])[]]>([
      [
        'before',
        [
          ['a', 15_000],
          ['b', 300],
        ],
      ],
      [
        'after',
        [
          ['b', 300],
          ['a', 15_000],
        ],
      ],
    ])('keeps a lease that the same process took %s a short one, which ends by itself', async (_when, taken) => {
      for (const [key, ms] of taken) await leaseOf(one, aKey(key), ms);
      await expect.poll(() => other.acquire(aKey('b'), 15_000)).toBeDefined();
      expect(await other.acquire(aKey('a'), 15_000)).toBeUndefined();
    });

    it('ends a lease that is not renewed while the same process renews another', async () => {
      const renewed = await leaseOf(one, aKey('a'));
      const ending = await leaseOf(one, aKey('b'), 300);
      await expect
        .poll(async () => {
          expect(await renewed.renew(15_000)).toBe(true);
          return other.acquire(aKey('b'), 15_000);
        })
        .toBeDefined();
      expect(await ending.renew(15_000)).toBe(false);
      expect(await other.acquire(aKey('a'), 15_000)).toBeUndefined();
    });

    it('keeps a lease though the same process renews another for a shorter time, and releases it', async () => {
      const kept = await leaseOf(one, aKey('a'));
      const short = await leaseOf(one, aKey('b'));
      expect(await short.renew(300)).toBe(true);
      await expect.poll(() => other.acquire(aKey('b'), 15_000)).toBeDefined();
      const released = await leaseOf(one, aKey('c'), 300);
      await released.release();
      expect(await other.acquire(aKey('c'), 15_000)).toBeDefined();
      expect(await other.acquire(aKey('a'), 15_000)).toBeUndefined();
      expect(await kept.renew(15_000)).toBe(true);
    });

    it('shows what the holder of a lease saved to the other processes, and tells them', async () => {
      const told: string[] = [];
      const ends = [
        one.watch(aKey(), () => told.push('one')),
        other.watch(aKey(), () => told.push('other')),
        other.watch(aKey('b'), () => told.push('who asked for another')),
      ];
      const lease = await leaseOf(one);
      const minted = aStoredToken({ mintedBy: one.writer, isForced: true });
      let saves = 0;
      // Who has only just begun to listen may not hear the first of it.
      await expect
        .poll(async () => {
          saves += 1;
          if (saves === 1) expect(await lease.save(minted)).toBe(true);
          else await one.save(aKey(), minted);
          return told;
        })
        .toContain('other');
      expect(await other.load(aKey())).toEqual(minted);
      expect(told).not.toContain('one');
      expect(told).not.toContain('who asked for another');
      for (const end of ends) end();
    });

    it('lets a late save lose to that of a later lease, however long its token lives', async () => {
      const late = await leaseOf(one);
      await late.release();
      const next = await leaseOf(other);
      expect(await next.save(short)).toBe(true);
      expect(await late.save(long)).toBe(false);
      expect((await one.load(aKey()))?.accessToken).toBe('short');
    });

    it('keeps the token that lives longer, whether saved with a lease or without', async () => {
      await one.save(aKey(), long);
      const lease = await leaseOf(other);
      expect(await lease.save(short)).toBe(false);
      await other.save(aKey(), short);
      expect((await one.load(aKey()))?.accessToken).toBe('long');
    });

    it('lets the successor of a rejected token replace it, though it lives shorter, and no other', async () => {
      await one.save(aKey(), long);
      const suspect = createHash('sha256').update('long').digest('hex').slice(0, 16);
      const lease = await leaseOf(other);
      expect(await lease.save(short, 'f'.repeat(16))).toBe(false);
      expect(await lease.save(short, suspect)).toBe(true);
      expect((await one.load(aKey()))?.accessToken).toBe('short');
    });

    it('does not give back a token that has ended', async () => {
      const now = Date.now();
      await one.save(aKey(), aStoredToken({ expiresAt: now + 300, askedAt: now, lifetimeMs: 300 }));
      await expect.poll(() => other.load(aKey())).toBeUndefined();
    });
  });
}
