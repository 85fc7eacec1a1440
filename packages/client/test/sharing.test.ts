import type { Lease, SharedTokenStore } from '@evertoken/client';
import { describe, expect, it } from 'vitest';
import { aSharingStage, HOUR, request } from './sharing-stage.ts';

describe('keepers that share a store', () => {
  const { stage, aKeeper, keepOne, passUntil, pass, tokensOf } = aSharingStage();

  it('ask the issuer once for all of them when they all start at once', async () => {
    const kept = Array.from({ length: 20 }, () => keepOne());
    const reads = Promise.all(kept.map((one) => one.get()));
    await passUntil(() => kept.every((one) => one.peek() !== undefined));
    expect((await reads).map(({ accessToken }) => accessToken)).toEqual(kept.map(() => 'token-1'));
    expect(stage.asked).toBe(1);
    const by = kept.map((one) => one.status().lastMint);
    expect(by.filter((mint) => mint?.from === 'issuer')).toHaveLength(1);
    expect(new Set(by.map((mint) => (mint?.from === 'store' ? mint.by : undefined))).size).toBe(2);
  });

  it('replace a due token once, and all have the new one before the old one ends', async () => {
    const kept = Array.from({ length: 10 }, () => keepOne());
    await passUntil(() => kept.every((one) => one.peek() !== undefined));
    await pass(HOUR * 0.8);
    expect(stage.asked).toBe(2);
    expect(tokensOf(kept)).toEqual(kept.map(() => 'token-2'));
  });

  it('do not touch the store to read a fresh token', async () => {
    const kept = keepOne();
    await passUntil(() => kept.peek() !== undefined);
    const before = { ...stage.memory.asked };
    for (let reads = 0; reads < 100; reads += 1) await kept.get();
    expect(stage.memory.asked).toEqual(before);
  });

  it('take over from a process that died with the lease, one of them', async () => {
    let key = '';
    const dead = stage.memory.store('dead');
    const watching: SharedTokenStore = {
      ...stage.memory.store('first'),
      load: (wanted) => {
        key = wanted;
        return stage.memory.store('first').load(wanted);
      },
    };
    stage.issue = () => new Promise(() => undefined);
    const first = aKeeper({}, watching);
    first.keep(request);
    await passUntil(() => key !== '' && stage.asked === 1);
    await first.close();
    expect(await dead.acquire(key, 15_000)).toBeDefined();
    stage.asked = 0;
    stage.issue = () => Promise.resolve(Response.json({ access_token: 'taken-over', token_type: 'Bearer', expires_in: 3600 }));
    const kept = Array.from({ length: 5 }, () => keepOne());
    await passUntil(() => kept.every((one) => one.peek() !== undefined), 17_000);
    expect(stage.asked).toBe(1);
    expect(tokensOf(kept)).toEqual(kept.map(() => 'taken-over'));
  });

  it('take over from a process that died with the lease before a short token ends', async () => {
    stage.issue = () => Promise.resolve(Response.json({ access_token: `token-${stage.asked}`, token_type: 'Bearer', expires_in: 16 }));
    let last: [key: string, ms: number] | undefined;
    const kept = Array.from({ length: 5 }, (_, index) => {
      const store = stage.memory.store(`process-${index}`);
      const acquire: SharedTokenStore['acquire'] = (...asking) => {
        last = asking;
        return store.acquire(...asking);
      };
      return aKeeper({}, { ...store, acquire }).keep(request);
    });
    await passUntil(() => stage.asked === 2);
    await passUntil(() => tokensOf(kept).every((token) => token === 'token-2'));
    await pass(6_000);
    expect(await stage.memory.store('dead').acquire(...(last as [string, number]))).toBeDefined();
    await passUntil(() => {
      expect(kept.map((one) => one.peek() === undefined)).toEqual(kept.map(() => false));
      return tokensOf(kept).every((token) => token === 'token-3');
    });
    expect(stage.asked).toBe(3);
  });

  it('renew the lease while the issuer takes its time, so that nobody else asks it', async () => {
    let answer: (response: Response) => void = () => undefined;
    stage.issue = () => new Promise((resolve) => (answer = resolve));
    const kept = Array.from({ length: 3 }, () => keepOne({ policy: { mintTimeoutMs: 20_000 } }));
    await passUntil(() => stage.asked === 1);
    await pass(19_000);
    expect(stage.memory.asked.renew).toBeGreaterThanOrEqual(3);
    answer(Response.json({ access_token: 'late', token_type: 'Bearer', expires_in: 3600 }));
    await passUntil(() => kept.every((one) => one.peek() !== undefined));
    expect(stage.asked).toBe(1);
  });

  it('mint each for itself while the store is down, say so once, and share again when it is back', async () => {
    stage.memory.isDown = true;
    const told: string[] = [];
    const kept = Array.from({ length: 4 }, () => {
      const keeper = aKeeper();
      keeper.on('storeDegraded', ({ operation, message }) => told.push(`${operation}: ${message}`));
      keeper.on('storeRecovered', ({ downMs }) => told.push(downMs > 0 ? 'recovered' : 'recovered at once'));
      return keeper.keep(request);
    });
    await passUntil(() => kept.every((one) => one.peek() !== undefined));
    expect(stage.asked).toBe(4);
    expect(told).toEqual(kept.map(() => 'load: The store is down.'));
    expect(stage.keepers.map((keeper) => keeper.isSharedStoreDown)).toEqual(kept.map(() => true));
    stage.memory.isDown = false;
    await pass(70_000);
    expect(told.slice(4)).toEqual(kept.map(() => 'recovered'));
    expect(stage.keepers.map((keeper) => keeper.isSharedStoreDown)).toEqual(kept.map(() => false));
    // What they offered is there for who comes next.
    const late = keepOne();
    await passUntil(() => late.peek() !== undefined);
    expect(stage.asked).toBe(4);
    await pass(HOUR * 0.8);
    expect(stage.asked).toBe(5);
  });

  it('spread their requests over half the lead where the store is down when the token is due', async () => {
    const kept = Array.from({ length: 40 }, () => keepOne());
    await passUntil(() => kept.every((one) => one.peek() !== undefined));
    stage.memory.isDown = true;
    const at: number[] = [];
    const began = stage.clock.now();
    const answer = stage.issue;
    stage.issue = () => {
      at.push(stage.clock.now() - began);
      return answer();
    };
    await pass(HOUR * 0.9);
    expect(at).toHaveLength(40);
    // Due from 42 to 45 minutes on, and half the lead of 15 minutes later at most.
    expect(Math.min(...at)).toBeGreaterThanOrEqual(0.69 * HOUR);
    expect(Math.max(...at)).toBeLessThan(0.88 * HOUR);
    const perMinute = at.map((ms) => Math.floor(ms / 60_000));
    expect(Math.max(...perMinute.map((minute) => perMinute.filter((other) => other === minute).length))).toBeLessThan(20);
  });

  it('do not mint for themselves because one message was lost', async () => {
    // Each process loses what it asks for first, one time after the other.
    for (const what of ['load', 'acquire', 'save'] as const) {
      stage.memory.empty();
      stage.asked = 0;
      const lossy = stage.memory.store('lossy');
      let lost = 0;
      const losing = <T>(operation: string, work: () => Promise<T>): Promise<T> => {
        if (operation !== what || lost > 0) return work();
        lost += 1;
        return new Promise(() => undefined);
      };
      const keeper = aKeeper(
        {},
        {
          ...lossy,
          load: (key) => losing('load', () => lossy.load(key)),
          acquire: async (key, ms) => {
            const lease = await losing('acquire', () => lossy.acquire(key, ms));
            return lease && { ...lease, save: (...saved) => losing('save', () => lease.save(...saved)) };
          },
        },
      );
      const kept = keeper.keep(request);
      await passUntil(() => kept.peek() !== undefined);
      const other = keepOne();
      await passUntil(() => other.peek() !== undefined);
      expect([what, lost, stage.asked, keeper.isSharedStoreDown]).toEqual([what, 1, 1, false]);
    }
  });

  it('release a lease that is given too late, so that nobody waits for its end', async () => {
    const slow = stage.memory.store('slow');
    let give: () => void = () => undefined;
    const given = new Promise<void>((resolve) => (give = resolve));
    const leases: (Lease | undefined)[] = [];
    const keeper = aKeeper(
      {},
      {
        ...slow,
        acquire: async (key, ms) => {
          const lease = await slow.acquire(key, ms);
          leases.push(lease);
          if (leases.length === 1) await given;
          return lease;
        },
      },
    );
    const kept = keeper.keep(request);
    await passUntil(() => leases.length === 2, 1_000);
    expect(leases[1]).toBeUndefined();
    give();
    await passUntil(() => kept.peek() !== undefined, 2_000);
    expect(stage.asked).toBe(1);
  });

  it('take a lease whose answer takes longer than a quarter of a second, and do not take themselves for another process that has it', async () => {
    const far = stage.memory.store('far');
    const later = (ms: number) => new Promise<void>((resolve) => stage.clock.setTimer(resolve, ms));
    const acquire: SharedTokenStore['acquire'] = async (key, ms) => {
      const lease = await far.acquire(key, ms);
      await later(300);
      return lease;
    };
    const keeper = aKeeper({}, { ...far, acquire });
    const kept = keeper.keep(request);
    await passUntil(() => kept.peek() !== undefined, 500);
    expect([stage.asked, keeper.isSharedStoreDown]).toEqual([1, false]);
  });

  it('wait twice a quarter of a second for a store that does not answer, and then no more', async () => {
    stage.memory.isSilent = true;
    const kept = keepOne();
    const began = stage.clock.now();
    await passUntil(() => kept.peek() !== undefined, 1_000, 10);
    expect(stage.clock.now() - began).toBeLessThan(650);
    expect(stage.memory.asked.load).toBe(2);
  });

  it('replace a rejected token once for all, and do not loop where the new one is rejected too', async () => {
    const [one, other] = [keepOne(), keepOne()];
    await passUntil(() => one.peek() !== undefined && other.peek() !== undefined);
    await pass(400_000);
    const rejected = (await one.get()).fingerprint;
    const first = one.reject(rejected);
    await passUntil(() => one.peek()?.fingerprint !== rejected);
    expect((await first).accessToken).toBe('token-2');
    const second = other.reject(rejected);
    await passUntil(() => other.peek()?.accessToken === 'token-2');
    expect((await second).accessToken).toBe('token-2');
    expect(stage.asked).toBe(2);
    const hopeless: string[] = [];
    stage.keepers[1]?.on('rejectedAfterMint', ({ fingerprint }) => hopeless.push(fingerprint));
    const token = await other.get();
    await pass(31_000);
    await other.reject(token.fingerprint);
    expect(hopeless).toEqual([token.fingerprint]);
    expect(stage.asked).toBe(2);
  });

  it('end a lease when they are closed in the middle of a mint, and leave no timer', async () => {
    stage.issue = () => new Promise(() => undefined);
    const keeper = aKeeper();
    keeper.keep(request);
    await passUntil(() => stage.asked === 1);
    const before = stage.memory.asked.release;
    await keeper.close();
    expect(stage.memory.asked.release).toBe(before + 1);
    expect(stage.clock.timers).toBe(0);
  });

  it('mint where what is stored does not live as long as a caller needs', async () => {
    const first = keepOne();
    await passUntil(() => first.peek() !== undefined);
    await pass(HOUR * 0.6);
    const demanding = keepOne();
    const read = demanding.get({ minTtlSeconds: 1_790 });
    await passUntil(() => demanding.peek()?.accessToken === 'token-2');
    expect((await read).accessToken).toBe('token-2');
  });
});
