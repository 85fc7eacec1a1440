import { ManualClock, nextTurn } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { EventHub } from '../events.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { StoredToken, TokenStore } from '../store/token-store.ts';
import { PersistedToken } from './persisted-token.ts';
import { UnsavedTokens } from './unsaved-tokens.ts';
import { WaitingRoom } from './waiting-room.ts';

const key = 'a'.repeat(64);
const HOUR = 3_600_000;

function aPersistedToken(store: TokenStore) {
  const clock = new ManualClock();
  const events = new EventHub();
  const degraded: unknown[] = [];
  events.on('storeDegraded', (detail) => degraded.push(detail));
  const token = (expiresAt: number): StoredToken => ({ accessToken: 't', tokenType: 'Bearer', askedAt: 0, expiresAt, lifetimeMs: HOUR });
  const tools = { clock, events, waitingRoom: new WaitingRoom(clock) };
  const unsaved = new UnsavedTokens(tools, false);
  return {
    clock,
    degraded,
    token,
    unsaved,
    persisted: new PersistedToken(Promise.resolve(key), { name: 'orders' }, store, unsaved, tools),
  };
}

describe('a token in a store', () => {
  it('stands under its key', async () => {
    const store = new MemoryStore();
    const { persisted, token, clock } = aPersistedToken(store);
    await persisted.save(token(clock.now() + HOUR));
    expect(await store.load(key)).toEqual(token(clock.now() + HOUR));
    expect(await persisted.load()).toEqual(token(clock.now() + HOUR));
  });

  it.each<[string, number, boolean]>([
    ['ends now', 0, false],
    ['ends in a millisecond', 1, true],
    ['lives a minute longer than it can', HOUR + 60_000, true],
    ['lives more than a minute longer than it can', HOUR + 60_001, false],
  ])('is believed or not when it %s', async (_what, remainingMs, isBelieved) => {
    const { persisted, token, clock } = aPersistedToken(new MemoryStore());
    const stored = token(clock.now() + remainingMs);
    await persisted.save(stored);
    expect(await persisted.load()).toEqual(isBelieved ? stored : undefined);
  });

  it('is not waited for where none is there', async () => {
    const { persisted, degraded } = aPersistedToken(new MemoryStore());
    expect(await persisted.load()).toBeUndefined();
    await persisted.close();
    expect(degraded).toEqual([]);
  });

  it('is saved after the one before it, however slow that is', async () => {
    const store = new MemoryStore();
    const saves: string[] = [];
    const releases: (() => void)[] = [];
    store.save = async (_key, { accessToken }) => {
      saves.push(`${accessToken} begins`);
      await new Promise<void>((resolve) => releases.push(resolve));
      saves.push(`${accessToken} ends`);
    };
    const { persisted, token, clock } = aPersistedToken(store);
    const release = async () => {
      while (releases.length === 0) await nextTurn();
      releases.shift()?.();
    };
    void persisted.save({ ...token(clock.now()), accessToken: 'first' });
    void persisted.save({ ...token(clock.now()), accessToken: 'second' });
    await release();
    await release();
    await persisted.close();
    expect(saves).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('is done without when the store fails, which is told by what it says', async () => {
    const fails = (reason: unknown) => () => Promise.reject(reason);
    const broken = Object.assign(new MemoryStore(), { load: fails(new Error('no disk')), save: fails('a text') });
    const { persisted, token, clock, degraded } = aPersistedToken(broken);
    expect(await persisted.load()).toBeUndefined();
    await persisted.save(token(clock.now() + HOUR));
    expect(degraded).toEqual([
      { name: 'orders', operation: 'load', message: 'no disk' },
      { name: 'orders', operation: 'save', message: 'unknown' },
    ]);
  });

  it('that the store does not take is offered again, its last form alone, and counts until then', async () => {
    const store = new MemoryStore();
    const save = store.save.bind(store);
    store.save = () => Promise.reject(new Error('ENOSPC'));
    const { persisted, token, clock, degraded, unsaved } = aPersistedToken(store);
    await persisted.save(token(clock.now() + HOUR - 2));
    await persisted.save(token(clock.now() + HOUR - 1));
    expect(await persisted.saveAgain()).toBe(false);
    expect([unsaved.count, degraded.length]).toEqual([1, 2]);
    store.save = save;
    expect(await persisted.saveAgain()).toBe(true);
    expect(unsaved.count).toBe(0);
    expect(await persisted.load()).toEqual(token(clock.now() + HOUR - 1));
  });

  it('that the store did not take before its end is not offered any more', async () => {
    const store = Object.assign(new MemoryStore(), { save: () => Promise.reject(new Error('ENOSPC')) });
    const { persisted, token, clock, unsaved } = aPersistedToken(store);
    await persisted.save(token(clock.now() + HOUR));
    clock.advance(HOUR);
    expect(await persisted.saveAgain()).toBe(true);
    expect(unsaved.count).toBe(0);
  });
});
