import { keepToken, MemoryStore, TokenKeeper } from '@evertoken/client';
import { json, nextTurn } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, untilRequests } from './stage.ts';

const stage = aStage();

/** A store in memory whose saves end when they are told to. */
function aSlowStore() {
  const told: string[] = [];
  let begin: () => void = () => undefined;
  let end: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const save = async () => {
    told.push('save begins');
    begin();
    await ended;
    told.push('saved');
  };
  const close = () => {
    told.push('store closed');
    return Promise.resolve();
  };
  return { store: Object.assign(new MemoryStore(), { save, close }), begun, end, told };
}

describe('a kept token that is closed', () => {
  it('while it is being saved is held by nobody, and its mint is not told of', async () => {
    const { store, begun, end } = aSlowStore();
    const keeper = stage.keeper({ store });
    const minted: string[] = [];
    keeper.on('minted', ({ fingerprint }) => minted.push(fingerprint));
    const kept = keeper.keep(stage.request);
    const reading = failureOf(kept.get());
    await begun;
    const closing = kept.close();
    end();
    await closing;
    expect(await reading).toMatchObject({ code: 'closed' });
    expect(kept.peek()).toBeUndefined();
    expect(kept.status().state).toBe('empty');
    expect(minted).toEqual([]);
  });

  it('while it is being minted is no failure that is told of', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    const failed: string[] = [];
    keeper.on('failed', ({ code }) => failed.push(code));
    const kept = keeper.keep(stage.request);
    const reading = failureOf(kept.get());
    await untilRequests(stage.endpoint, 1);
    await kept.close();
    expect(await reading).toMatchObject({ code: 'closed' });
    expect(failed).toEqual([]);
  });

  it('when the issuer has just answered is not saved any more', async () => {
    stage.endpoint.answer((_request, response) => json(response, 200, { access_token: 'unnamed-life', token_type: 'Bearer' }));
    const { store, end, told } = aSlowStore();
    end();
    const keeper = stage.keeper({ store });
    const kept = keeper.keep(stage.request);
    // Told between the answer and the token's fingerprint.
    keeper.on('lifetimeAssumed', () => void kept.close());
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
    await kept.close();
    expect(kept.status().mints).toBe(0);
    expect(told).toEqual([]);
  });

  it('is closed when its last save has ended, although its callers have had it long since', async () => {
    const { store, begun, end, told } = aSlowStore();
    const kept = stage.keeper({ store }).keep(stage.request);
    const reading = kept.get();
    await begun;
    stage.clock.advance(250);
    await reading;
    const closing = kept.close().then(() => told.push('token closed'));
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(told).toEqual(['save begins']);
    end();
    await closing;
    expect(told).toEqual(['save begins', 'saved', 'token closed']);
  });
});

describe('a store that hangs', () => {
  it('holds up the end of a keeper no longer than it takes to see that, whether it saves or closes', async () => {
    const { store, begun } = aSlowStore();
    const keeper = stage.keeper({ store: Object.assign(store, { close: () => new Promise<void>(() => undefined) }) });
    keeper.keep(stage.request);
    await begun;
    const told: string[] = [];
    const closing = keeper.close().then(() => told.push('closed'));
    // The mint lets go of it, then the last save is given up, then the store's own closing.
    for (const ms of [250, 2_500, 2_500]) {
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      expect(told).toEqual([]);
      stage.clock.advance(ms);
    }
    await closing;
    expect(told).toEqual(['closed']);
  });
});

describe('a token that is kept alone', () => {
  it('ends with its store', async () => {
    const { store, end, told } = aSlowStore();
    end();
    const kept = keepToken(stage.request, { clock: stage.clock, store });
    await kept.get();
    await kept.close();
    await kept.close();
    expect(told).toEqual(['save begins', 'saved', 'store closed']);
    expect(stage.clock.timers).toBe(0);
  });
});

describe('a store that cannot be closed', () => {
  const broken = (close: () => Promise<void>) => Object.assign(new MemoryStore(), { close });
  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('the disk is gone'))],
    [
      'throws',
      () => {
        throw new Error('the disk is gone');
      },
    ],
  ])('and %s leaves no other open, and is told when all is closed', async (_how, close) => {
    const told: string[] = [];
    const store = Object.assign(broken(close), {
      writer: 'here',
      acquire: () => Promise.resolve(undefined),
      watch: () => () => undefined,
    });
    const localStore = broken(() => {
      told.push('local store closed');
      return Promise.resolve();
    });
    const keeper = new TokenKeeper({ clock: stage.clock, store, localStore });
    await expect(keeper.close()).rejects.toThrow('the disk is gone');
    expect(told).toEqual(['local store closed']);
    expect(stage.clock.timers).toBe(0);
  });
});

describe('a keeper that is closed twice', () => {
  it('closes its store once', async () => {
    const { store, told } = aSlowStore();
    const keeper = stage.keeper({ store });
    await keeper.close();
    await keeper.close();
    expect(told).toEqual(['store closed']);
  });

  it('is closed for the second caller too when its last save has ended', async () => {
    const { store, begun, end, told } = aSlowStore();
    const keeper = stage.keeper({ store });
    keeper.keep(stage.request);
    await begun;
    const closing = [keeper.close(), keeper.close(), keeper[Symbol.asyncDispose]()].map((close) => close.then(() => told.push('closed')));
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(told).toEqual(['save begins']);
    end();
    await Promise.all(closing);
    expect(told).toEqual(['save begins', 'saved', 'store closed', 'closed', 'closed', 'closed']);
  });
});
