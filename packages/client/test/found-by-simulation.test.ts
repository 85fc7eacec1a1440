import { MemoryStore, type StoredToken } from '@evertoken/client';
import { nextTurn } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, untilRequests, untilWaiting } from './stage.ts';

const stage = aStage();

/** A store whose first look-up ends when it is told to. */
function aHangingStore() {
  let release: () => void = () => undefined;
  let ask: () => void = () => undefined;
  const answer = new Promise<StoredToken | undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const load = () => {
    ask();
    return answer;
  };
  return { store: Object.assign(new MemoryStore(), { load }), asked, release };
}

describe('a store that does not answer', () => {
  it('is done without after two seconds', async () => {
    const { store, asked, release } = aHangingStore();
    const keeper = stage.keeper({ store });
    const reports: string[] = [];
    keeper.on('storeDegraded', ({ operation, message }) => reports.push(`${operation}: ${message}`));
    const kept = keeper.keep(stage.request);
    const reading = kept.get();
    await asked;
    stage.clock.advance(1_999);
    expect(stage.endpoint.requests).toHaveLength(0);
    stage.clock.advance(1);
    expect((await reading).accessToken).toBe('token-1');
    expect(reports).toEqual(['load: The store did not answer within 2000 ms.']);
    release();
  });

  it('keeps no caller who gives up', async () => {
    const { store, asked, release } = aHangingStore();
    const kept = stage.keeper({ store }).keep(stage.request);
    const caller = new AbortController();
    const reading = kept.get({ signal: caller.signal });
    await asked;
    caller.abort(new Error('no more use for it'));
    await expect(reading).rejects.toThrow('no more use for it');
    release();
  });

  it('is not asked for a token that is closed', async () => {
    const { store, release } = aHangingStore();
    const kept = stage.keeper({ store, schedule: 'on-access' }).keep(stage.request);
    await kept.close();
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
    release();
  });

  it('keeps no caller of a token that is closed meanwhile', async () => {
    const { store, asked, release } = aHangingStore();
    const kept = stage.keeper({ store }).keep(stage.request);
    const reading = failureOf(kept.get());
    await asked;
    await kept.close();
    expect(await reading).toMatchObject({ code: 'closed' });
    expect(stage.endpoint.requests).toHaveLength(0);
    release();
  });

  it('gives a closed token nothing to hold, however late it answers', async () => {
    const store = new MemoryStore();
    await stage.keeper({ store }).keep(stage.request).get();
    const kept = stage.keeper({ store, schedule: 'on-access' }).keep(stage.request);
    let loaded: () => void = () => undefined;
    const found = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    const load = store.load.bind(store);
    store.load = async (key) => {
      const token = await load(key);
      loaded();
      return token;
    };
    const reading = failureOf(kept.get());
    await found;
    // The token is there, and its fingerprint, which takes a turn of the event loop, is not.
    for (let turn = 0; turn < 20; turn += 1) await undefined;
    await kept.close();
    expect(await reading).toMatchObject({ code: 'closed' });
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(kept.peek()).toBeUndefined();
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
  });

  it('takes its time from what a caller waits in all', async () => {
    stage.endpoint.answer(() => undefined);
    const { store, asked, release } = aHangingStore();
    const kept = stage.keeper({ store, policy: { mintTimeoutMs: 60_000 } }).keep(stage.request);
    const failing = failureOf(kept.get());
    await asked;
    stage.clock.advance(2_000);
    await untilRequests(stage.endpoint, 1);
    await untilWaiting(kept);
    stage.clock.advance(8_000);
    expect(await failing).toMatchObject({ code: 'wait_timeout' });
    release();
  });
});

describe('one token of an issuer', () => {
  const other = (name: string) => ({ ...stage.request, audience: `urn:${name}` });

  it('whose secret cannot be read does not make the others wait for each other', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    const sealed = () => Promise.reject(new Error('sealed'));
    const failures: string[] = [];
    let told: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      told = resolve;
    });
    keeper.on('failed', ({ code }) => {
      failures.push(code);
      if (failures.length === 5) told();
    });
    for (let i = 0; i < 5; i += 1) keeper.keep({ ...other(`sealed-${i}`), clientSecret: sealed });
    await all;
    expect(failures).toEqual(Array(5).fill('secret_unavailable'));
    keeper.keep(other('one'));
    keeper.keep(other('two'));
    await untilRequests(stage.endpoint, 2);
  });

  it('that is closed while it is asked for does not count as a failure of the issuer', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    const closing = Array.from({ length: 5 }, (_, i) => keeper.keep(other(`closing-${i}`)));
    await untilRequests(stage.endpoint, 5);
    await Promise.all(closing.map((kept) => kept.close()));
    keeper.keep(other('one'));
    keeper.keep(other('two'));
    await untilRequests(stage.endpoint, 7);
  });

  it('that still waits for its turn leaves no timer when it is closed', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    for (let i = 0; i < 12; i += 1) keeper.keep(other(`kept-${i}`));
    await untilRequests(stage.endpoint, 10);
    await keeper.close();
    expect(stage.clock.timers).toBe(0);
  });

  it('that still waits for its turn tells its callers that it was closed', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    const kept = Array.from({ length: 11 }, (_, i) => keeper.keep(other(`kept-${i}`)));
    await untilRequests(stage.endpoint, 10);
    const last = kept.find((one) => !stage.endpoint.requests.some(({ form }) => form.get('audience') === one.name));
    if (last === undefined) throw new Error('One of eleven has to wait.');
    const failing = failureOf(last.get());
    await untilWaiting(last);
    await last.close();
    expect(await failing).toMatchObject({ code: 'closed' });
  });
});
