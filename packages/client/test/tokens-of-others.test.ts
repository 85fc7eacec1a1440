import { setImmediate } from 'node:timers/promises';
import { type KeptToken, type SharedTokenStore, TokenKeeper } from '@evertoken/client';
import { ManualClock, SharedMemory } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HOUR = 3_600_000;
const request = { tokenEndpoint: 'https://login.example.com/token', clientId: 'worker', clientSecret: 's3cret' };

describe('a token that another process has minted', () => {
  let clock: ManualClock;
  let memory: SharedMemory;
  let keepers: TokenKeeper[];
  let asked: number;
  let lifetimeSeconds: number;
  /** How the issuer answers. */
  let issue: () => Promise<Response>;

  beforeEach(() => {
    clock = new ManualClock();
    memory = new SharedMemory(clock);
    keepers = [];
    asked = 0;
    lifetimeSeconds = HOUR / 1000;
    issue = () => Promise.resolve(Response.json({ access_token: `token-${asked}`, token_type: 'Bearer', expires_in: lifetimeSeconds }));
  });
  afterEach(() => Promise.all(keepers.map((keeper) => keeper.close())));

  /** Keeps the token as a process of its own does, which looks at the clock when it is asked. */
  function keepOne(store: SharedTokenStore = memory.store(`process-${keepers.length}`)): KeptToken {
    const fetch = () => {
      asked += 1;
      return issue();
    };
    const keeper = new TokenKeeper({ clock, store, fetch, random: () => 0, schedule: 'on-access' });
    keepers.push(keeper);
    return keeper.keep(request);
  }

  /** Ends when whatever is under way has come to its end, or waits for the clock. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1) {
      if (turn % 3 === 0) await crypto.subtle.digest('SHA-256', new Uint8Array(1));
      await setImmediate();
    }
  }

  async function pass(ms: number): Promise<void> {
    await turns();
    for (let left = ms; left > 0; ) {
      const step = Math.min(left, Math.max(1, clock.untilNextTimer ?? left));
      clock.advance(step);
      left -= step;
      await turns();
    }
  }

  it('is not taken in its last seconds', async () => {
    await keepOne().get();
    clock.advance(HOUR - 5_000);
    expect((await keepOne().get()).accessToken).toBe('token-2');
  });

  it('in place of a rejected one is as good as any', async () => {
    const [one, other] = [keepOne(), keepOne()];
    const { fingerprint } = await one.get();
    expect((await other.get()).fingerprint).toBe(fingerprint);
    clock.advance(60_000);
    expect((await one.reject(fingerprint)).accessToken).toBe('token-2');
    expect((await other.reject(fingerprint)).accessToken).toBe('token-2');
    expect(other.status()).toMatchObject({ isSuspect: false, state: 'fresh' });
    expect(asked).toBe(2);
  });

  it('need not live as long as somebody once wanted', async () => {
    const [one, other] = [keepOne(), keepOne()];
    await one.get({ minTtlSeconds: 1_800 });
    await other.get();
    // The other mints, and what it mints has eighteen minutes left when this process needs it.
    clock.advance(HOUR - 890_000);
    await other.get();
    await turns();
    expect(other.peek()?.accessToken).toBe('token-2');
    clock.advance(2_500_000);
    expect((await one.get()).accessToken).toBe('token-2');
    await turns();
    expect(asked).toBe(2);
  });

  it('is waited for while it is asked for, however short its life and with it the lease of who asks', async () => {
    lifetimeSeconds = 16;
    const [one, other] = [keepOne(), keepOne()];
    await one.get();
    await other.get();
    clock.advance(15_500);
    const answered = issue;
    let answer: (response: Response) => void = () => undefined;
    issue = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const asking = one.get();
    await pass(8_000);
    const waiting = other.get();
    await pass(1_500);
    expect(asked).toBe(2);
    answer(await answered());
    await pass(1_500);
    expect([(await asking).accessToken, (await waiting).accessToken, asked]).toEqual(['token-2', 'token-2', 2]);
  });

  it('is looked for once, and not again and again, where the held one is good for longer', async () => {
    const own = memory.store('own');
    let isMintedElsewhere = false;
    const kept = keepOne({ ...own, acquire: (...lease) => (isMintedElsewhere ? Promise.resolve(undefined) : own.acquire(...lease)) });
    await kept.get();
    clock.advance(0.8 * HOUR);
    isMintedElsewhere = true;
    const before = memory.asked.load;
    expect((await kept.get()).accessToken).toBe('token-1');
    await pass(20_000);
    expect([memory.asked.load - before, asked]).toEqual([1, 1]);
  });

  it('is waited for while it is on its way and a rejected one is still good, however long that takes', async () => {
    let isMintedElsewhere = false;
    const own = memory.store('own');
    const kept = keepOne({ ...own, acquire: (...lease) => (isMintedElsewhere ? Promise.resolve(undefined) : own.acquire(...lease)) });
    const { fingerprint } = await kept.get();
    clock.advance(60_000);
    isMintedElsewhere = true;
    const rejecting = kept.reject(fingerprint);
    await pass(40_000);
    expect((await rejecting).fingerprint).toBe(fingerprint);
    expect(asked).toBe(1);
    // The other process is gone, and nothing came of it.
    isMintedElsewhere = false;
    await pass(10_000);
    await kept.get();
    await turns();
    expect([asked, kept.peek()?.accessToken]).toEqual([2, 'token-2']);
  });
});
