import { type KeptToken, MemoryStore, TokenKeeper, type TokenKeeperOptions } from '@evertoken/client';
import { ManualClock, passTime, SharedMemory } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HOUR = 3_600_000;
const request = { tokenEndpoint: 'https://login.example.com/token', clientId: 'worker', clientSecret: 's3cret' };

describe('a keeper with a local store beside the shared one', () => {
  let clock: ManualClock;
  let memory: SharedMemory;
  let keepers: TokenKeeper[];
  let asked: number;
  let isIssuerDown: boolean;

  beforeEach(() => {
    clock = new ManualClock();
    memory = new SharedMemory(clock);
    keepers = [];
    asked = 0;
    isIssuerDown = false;
  });
  afterEach(() => Promise.all(keepers.map((keeper) => keeper.close())));

  function keep(options: Partial<TokenKeeperOptions> = {}): { kept: KeptToken; keeper: TokenKeeper } {
    const fetch = async () => {
      asked += 1;
      if (isIssuerDown) throw new TypeError('fetch failed');
      return Response.json({ access_token: `token-${asked}`, token_type: 'Bearer', expires_in: (24 * HOUR) / 1000 });
    };
    const keeper = new TokenKeeper({ clock, store: memory.store(`process-${keepers.length}`), fetch, random: () => 0.5, ...options });
    keepers.push(keeper);
    return { keeper, kept: keeper.keep(request) };
  }

  it('serves its own copy after a restart while store and issuer are away', async () => {
    const localStore = new MemoryStore();
    const before = keep({ localStore });
    const { fingerprint } = await before.kept.get();
    await before.keeper.close();
    memory.isDown = true;
    isIssuerDown = true;
    expect((await keep({ localStore }).kept.get()).fingerprint).toBe(fingerprint);
    expect(asked).toBe(1);
  });

  it('without one has to mint', async () => {
    const before = keep();
    const { fingerprint } = await before.kept.get();
    await before.keeper.close();
    memory.isDown = true;
    expect((await keep().kept.get()).fingerprint).not.toBe(fingerprint);
    expect(asked).toBe(2);
  });

  it('has a copy of what another process minted, and knows who did', async () => {
    await keep().kept.get();
    const localStore = new MemoryStore();
    const adopting = keep({ localStore });
    const { fingerprint } = await adopting.kept.get();
    await adopting.keeper.close();
    memory.isDown = true;
    const { kept } = keep({ localStore });
    expect((await kept.get()).fingerprint).toBe(fingerprint);
    expect(kept.status().lastMint).toMatchObject({ from: 'store', by: 'process-0' });
    expect(asked).toBe(1);
  });

  it('takes up soon what others replaced meanwhile', async () => {
    const localStore = new MemoryStore();
    const before = keep({ localStore });
    const old = (await before.kept.get()).fingerprint;
    await before.keeper.close();
    const other = keep();
    await passTime(clock, other.keeper, HOUR);
    const fresh = (await other.kept.reject((await other.kept.get()).fingerprint)).fingerprint;
    expect(fresh).not.toBe(old);
    const { kept, keeper } = keep({ localStore });
    expect((await kept.get()).fingerprint).toBe(old);
    await passTime(clock, keeper, 2_000);
    // Its fingerprint is made on another thread, which may be late on a busy machine.
    await expect.poll(async () => (await kept.get()).fingerprint).toBe(fresh);
    expect(asked).toBe(2);
  });

  it('gives an emptied store what it has', async () => {
    const localStore = new MemoryStore();
    const before = keep({ localStore });
    const { fingerprint } = await before.kept.get();
    await before.keeper.close();
    memory.empty();
    const { kept, keeper } = keep({ localStore });
    await kept.get();
    await passTime(clock, keeper, 2_000);
    expect((await keep().kept.get()).fingerprint).toBe(fingerprint);
    expect(asked).toBe(1);
  });
});
