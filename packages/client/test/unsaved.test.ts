import { MemoryStore } from '@evertoken/client';
import { issueTokens, nextTurn, passTime, SharedMemory, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage } from './stage.ts';

const stage = aStage();

/** A store in memory that takes nothing while it is full, and one token never. */
class FullStore extends MemoryStore {
  isFull = true;
  refused: string | undefined;
  tries = 0;
  readonly saved: string[] = [];

  override save(key: string, token: Parameters<MemoryStore['save']>[1]): Promise<void> {
    this.tries += 1;
    if (this.isFull || token.accessToken === this.refused) return Promise.reject(new Error('ENOSPC: no space left on device'));
    this.saved.push(token.accessToken);
    return super.save(key, token);
  }
}

/** Ends when all that is due now has been done: a save takes a few turns. */
async function aFewTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
}

async function aKeeperWithAFullStore() {
  stage.endpoint.answer(issueTokens(86_400));
  const store = new FullStore();
  const keeper = stage.keeper({ store });
  const told: string[] = [];
  keeper.on('storeDegraded', ({ operation, message }) => told.push(`${operation}: ${message}`));
  keeper.on('storeRecovered', ({ downMs }) => told.push(`recovered after ${downMs} ms`));
  const kept = keeper.keep(stage.request);
  await kept.get();
  await untilSettled(keeper);
  return { store, keeper, kept, told };
}

describe('a token that its store did not take', () => {
  it('is saved as soon as the store takes it, and counts as unsaved until then', async () => {
    const { store, keeper, told } = await aKeeperWithAFullStore();
    expect([keeper.hasUnsavedTokens, store.tries]).toEqual([true, 1]);
    await passTime(stage.clock, keeper, 29_999);
    expect(store.tries).toBe(1);
    await passTime(stage.clock, keeper, 1);
    await aFewTurns();
    expect(store.tries).toBe(2);
    store.isFull = false;
    await passTime(stage.clock, keeper, 60_000);
    await aFewTurns();
    expect(store.saved).toEqual(['token-1']);
    expect(keeper.hasUnsavedTokens).toBe(false);
    expect(told).toEqual(['save: ENOSPC: no space left on device', 'recovered after 90000 ms']);
  });

  it('is no matter of the shared store beside it, which is not down', async () => {
    stage.endpoint.answer(issueTokens(86_400));
    const keeper = stage.keeper({ store: new SharedMemory(stage.clock).store('process'), localStore: new FullStore() });
    await keeper.keep(stage.request).get();
    await untilSettled(keeper);
    expect([keeper.isSharedStoreDown, keeper.hasUnsavedTokens]).toEqual([false, true]);
  });

  it('is offered less and less often: an hour costs fifteen saves at most', async () => {
    const { store, keeper, told } = await aKeeperWithAFullStore();
    for (let step = 0; step < 120; step += 1) {
      await passTime(stage.clock, keeper, 30_000);
      await aFewTurns();
    }
    expect(store.tries).toBeGreaterThan(10);
    expect(store.tries).toBeLessThanOrEqual(15);
    expect(told).toHaveLength(1);
  });

  it('is saved at the end at the latest', async () => {
    const { store, keeper } = await aKeeperWithAFullStore();
    store.isFull = false;
    await keeper.close();
    expect(store.saved).toEqual(['token-1']);
    expect(stage.clock.timers).toBe(0);
  });

  it('is given up with its kept token, where the store takes it even then not', async () => {
    const { store, keeper, kept } = await aKeeperWithAFullStore();
    await kept.close();
    expect([store.tries, keeper.hasUnsavedTokens]).toEqual([2, false]);
  });

  it('of several is one alone offered to a store that is still full, and all to one that is not', async () => {
    const { store, keeper } = await aKeeperWithAFullStore();
    for (let i = 0; i < 4; i += 1) await keeper.keep({ ...stage.request, audience: `urn:${i}` }).get();
    expect(store.tries).toBe(5);
    await passTime(stage.clock, keeper, 30_000);
    await aFewTurns();
    expect(store.tries).toBe(6);
    store.isFull = false;
    await passTime(stage.clock, keeper, 60_000);
    await aFewTurns();
    expect(store.saved).toHaveLength(5);
    expect(keeper.hasUnsavedTokens).toBe(false);
  });

  it('keeps no other from being saved where it is the only one that the store does not take', async () => {
    const { store, keeper } = await aKeeperWithAFullStore();
    for (let i = 0; i < 2; i += 1) await keeper.keep({ ...stage.request, audience: `urn:${i}` }).get();
    store.refused = 'token-1';
    store.isFull = false;
    // The first look comes upon the token that is not taken, the next begins with another.
    for (const ms of [30_000, 60_000]) {
      await passTime(stage.clock, keeper, ms);
      await aFewTurns();
    }
    expect(store.saved).toEqual(['token-2', 'token-3']);
    expect(keeper.hasUnsavedTokens).toBe(true);
  });
});
