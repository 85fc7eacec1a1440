import type { SharedTokenStore } from '@evertoken/client';
import { describe, expect, it } from 'vitest';
import { aSharingStage, HOUR, request } from './sharing-stage.ts';

describe('keepers whose store works again', () => {
  const { stage, aKeeper, keepOne, passUntil, pass, tokensOf } = aSharingStage();

  it('are offered a token that lives longer by who minted it while the store was down, though the store still has the one before', async () => {
    const [one, other] = [keepOne(), keepOne()];
    await passUntil(() => one.peek() !== undefined && other.peek() !== undefined);
    await pass(400_000);
    stage.memory.isDown = true;
    const replaced = one.reject((await one.get()).fingerprint);
    await passUntil(() => one.peek()?.accessToken === 'token-2');
    await replaced;
    stage.memory.isDown = false;
    await pass(66_000);
    expect(tokensOf([one, other])).toEqual(['token-2', 'token-2']);
    expect(stage.asked).toBe(2);
  });

  it('count a store that is read and takes nothing as down, once, until it takes something again', async () => {
    let takes = true;
    let probes = 0;
    const refusing = (process: string): SharedTokenStore => {
      const store = stage.memory.store(process);
      const refuse = () => Promise.reject(new Error('READONLY'));
      return {
        ...store,
        save: (...saved) => (takes ? store.save(...saved) : refuse()),
        acquire: async (key, ms) => {
          if (/^0+$/.test(key)) probes += 1;
          if (!takes) return refuse();
          const lease = await store.acquire(key, ms);
          return lease && { ...lease, save: (...saved) => (takes ? lease.save(...saved) : refuse()) };
        },
      };
    };
    const told: string[] = [];
    const kept = Array.from({ length: 3 }, (_, index) => {
      const keeper = aKeeper({}, refusing(`process-${index}`));
      keeper.on('storeDegraded', ({ operation }) => told.push(operation));
      keeper.on('storeRecovered', () => told.push('recovered'));
      return keeper.keep(request);
    });
    await passUntil(() => kept.every((one) => one.peek() !== undefined));
    takes = false;
    await pass(HOUR * 0.95);
    expect(told).toEqual(['lease', 'lease', 'lease']);
    expect(stage.keepers.map((keeper) => keeper.isSharedStoreDown)).toEqual([true, true, true]);
    const before = probes;
    await pass(600_000);
    // Less and less often: after 45 to 60 s by now.
    expect(probes - before).toBeGreaterThanOrEqual(3 * 9);
    expect(probes - before).toBeLessThanOrEqual(3 * 14);
    takes = true;
    await pass(61_000);
    expect(told.slice(3)).toEqual(['recovered', 'recovered', 'recovered']);
    await pass(6_000);
    const late = keepOne();
    const mints = stage.asked;
    await passUntil(() => late.peek() !== undefined);
    expect(stage.asked).toBe(mints);
  });

  it('count a store that gives leases and takes no token as down, once, and try it less and less often until it takes one', async () => {
    let takes = true;
    let tried = 0;
    const store = stage.memory.store('no-room');
    const refusing: SharedTokenStore = {
      ...store,
      save: (...saved) => {
        tried += 1;
        return takes ? store.save(...saved) : Promise.reject(new Error('OOM'));
      },
      acquire: async (key, ms) => {
        const lease = await store.acquire(key, ms);
        return lease && { ...lease, save: (...saved) => (takes ? lease.save(...saved) : Promise.reject(new Error('OOM'))) };
      },
    };
    const keeper = aKeeper({}, refusing);
    const told: string[] = [];
    keeper.on('storeDegraded', ({ operation }) => told.push(operation));
    keeper.on('storeRecovered', () => told.push('recovered'));
    takes = false;
    const kept = keeper.keep(request);
    await passUntil(() => kept.peek() !== undefined && keeper.isSharedStoreDown);
    await pass(600_000);
    expect(told).toEqual(['save']);
    expect(keeper.isSharedStoreDown).toBe(true);
    // After 5, 10, 20, 40 and then each 60 s, or a quarter less, and up to 5 s until it is offered the token.
    expect(tried).toBeGreaterThanOrEqual(11);
    expect(tried).toBeLessThanOrEqual(17);
    takes = true;
    await pass(66_000);
    expect(told).toEqual(['save', 'recovered']);
    const late = keepOne();
    await passUntil(() => late.peek() !== undefined);
    expect(stage.asked).toBe(1);
  });

  it('count a store that gives leases again as back where there is nothing left to be saved', async () => {
    let takes = true;
    const store = stage.memory.store('no-room');
    const refusing: SharedTokenStore = {
      ...store,
      acquire: async (key, ms) => {
        const lease = await store.acquire(key, ms);
        return lease && { ...lease, save: (...saved) => (takes ? lease.save(...saved) : Promise.reject(new Error('OOM'))) };
      },
    };
    const keeper = aKeeper({}, refusing);
    takes = false;
    const kept = keeper.keep(request);
    await passUntil(() => kept.peek() !== undefined && keeper.isSharedStoreDown);
    takes = true;
    await kept.close();
    await pass(12_000);
    expect(keeper.isSharedStoreDown).toBe(false);
  });

  /** A store that takes nothing while it is told so, and whose answers to `acquire` and `release` take their time. */
  const aTiredStore = (takesMs: { acquire: number; release: number }) => {
    const tired = { takes: true, ...takesMs, given: 0, back: 0 };
    const later = (ms: number) => new Promise<void>((resolve) => stage.clock.setTimer(resolve, ms));
    const store = stage.memory.store('tired');
    const acquire: SharedTokenStore['acquire'] = async (key, ms) => {
      if (!tired.takes) throw new Error('READONLY');
      await later(tired.acquire);
      const lease = await store.acquire(key, ms);
      if (lease === undefined) return undefined;
      tired.given += 1;
      const release = async () => {
        tired.back += 1;
        await later(tired.release);
        await lease.release();
      };
      return { ...lease, release };
    };
    return { tired, store: { ...store, acquire } };
  };

  it.each([180, 420])('count a store as back that takes %i ms for a lease, and some for its end', async (acquire) => {
    const { tired, store } = aTiredStore({ acquire, release: 100 });
    const keeper = aKeeper({}, store);
    const kept = keeper.keep(request);
    await passUntil(() => kept.peek() !== undefined);
    await pass(60_000);
    tired.takes = false;
    void kept.reject(kept.peek()?.fingerprint ?? '');
    await passUntil(() => keeper.isSharedStoreDown);
    tired.takes = true;
    await pass(6_000);
    expect(keeper.isSharedStoreDown).toBe(false);
  });

  it('give back a lease of a look whether the store is back that comes too late', async () => {
    const { tired, store } = aTiredStore({ acquire: 0, release: 0 });
    const keeper = aKeeper({}, store);
    const kept = keeper.keep(request);
    await passUntil(() => kept.peek() !== undefined);
    await pass(60_000);
    tired.takes = false;
    void kept.reject(kept.peek()?.fingerprint ?? '');
    await passUntil(() => keeper.isSharedStoreDown);
    Object.assign(tired, { takes: true, acquire: 600, given: 0, back: 0 });
    await pass(6_000);
    expect([keeper.isSharedStoreDown, tired.given, tired.back]).toEqual([true, 1, 1]);
  });

  it('that mint on access count a store as back that takes something again, though they themselves only read what others have minted', async () => {
    const { tired, store } = aTiredStore({ acquire: 0, release: 0 });
    const keeper = aKeeper({ schedule: 'on-access' }, store);
    const told: string[] = [];
    keeper.on('storeDegraded', ({ operation }) => told.push(operation));
    keeper.on('storeRecovered', () => told.push('recovered'));
    const one = keeper.keep(request);
    const reading = one.get();
    await passUntil(() => one.peek() !== undefined);
    await reading;
    const other = keepOne();
    await passUntil(() => other.peek() !== undefined);
    await pass(60_000);
    tired.takes = false;
    const rejecting = one.reject(one.peek()?.fingerprint ?? '');
    await passUntil(() => one.peek()?.accessToken === 'token-2');
    await rejecting;
    /** Looks into the store: its token is due, and another process has its successor there. */
    const readOnceDue = async () => {
      await pass(HOUR * 0.9);
      const before = one.peek()?.fingerprint;
      void one.get();
      await passUntil(() => one.peek()?.fingerprint !== before);
      await pass(1_000);
    };
    await readOnceDue();
    expect(told).toEqual(['lease']);
    tired.takes = true;
    await readOnceDue();
    expect(told).toEqual(['lease', 'recovered']);
    expect(keeper.isSharedStoreDown).toBe(false);
    expect(tired.back).toBe(tired.given);
  });
});

describe('keepers of a token whose life has a fraction', () => {
  const { stage, aKeeper, passUntil } = aSharingStage();

  it('ask for leases of whole milliseconds, and count its life in them', async () => {
    stage.issue = () => Promise.resolve(Response.json({ access_token: `token-${stage.asked}`, token_type: 'Bearer', expires_in: 20.0333 }));
    const asked: number[] = [];
    const store = stage.memory.store('process-0');
    const kept = aKeeper(
      {},
      {
        ...store,
        acquire: (key, ms) => {
          asked.push(ms);
          return store.acquire(key, ms);
        },
      },
    ).keep(request);
    await passUntil(() => kept.peek()?.accessToken === 'token-2');
    expect(asked).toEqual([15_000, 5_009]);
    expect(kept.peek()?.lifetimeMs).toBe(20_033);
  });
});
