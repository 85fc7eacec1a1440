import { MemoryStore, TokenKeeper } from '@evertoken/client';
import { issueTokens, nextTurn, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests, untilWaiting } from './stage.ts';

const DAY = 86_400_000;
const stage = aStage();

describe('a kept token', () => {
  it('is minted once for a thousand callers who come at the same time', async () => {
    const kept = stage.keeper().keep(stage.request);
    const tokens = await Promise.all(Array.from({ length: 1_000 }, () => kept.get()));
    expect(new Set(tokens.map((token) => token.accessToken))).toEqual(new Set(['token-1']));
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('is the same for the same request, whatever the order of its scopes, and another for another', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep({ ...stage.request, scope: ['b', 'a', 'a'] });
    expect(keeper.keep({ ...stage.request, scope: 'a b' })).toBe(kept);
    expect(keeper.keep({ ...stage.request, clientSecret: 'another', scope: 'a b' })).toBe(kept);
    expect(keeper.keep({ ...stage.request, scope: 'a' })).not.toBe(kept);
    expect(keeper.keep({ ...stage.request, scope: 'a b', parameters: { tenant: 'x' } })).not.toBe(kept);
  });

  it('is another in each partition, and may hold another token there', async () => {
    const keeper = stage.keeper();
    const [none, a, b] = [undefined, 'a', 'b'].map((partition) => keeper.keep(stage.request, partition === undefined ? {} : { partition }));
    expect(new Set([none, a, b]).size).toBe(3);
    expect(keeper.keep({ ...stage.request, clientSecret: 'another' }, { partition: 'b' })).toBe(b);
    const values = await Promise.all([none, a, b].map(async (kept) => (await kept?.get())?.accessToken));
    expect(new Set(values).size).toBe(3);
    for (const partition of ['', 5]) expect(() => keeper.keep(stage.request, { partition: partition as string })).toThrow('`partition`');
  });

  it('has the name that it was given last, in events too', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request, { name: 'first' });
    keeper.keep(stage.request, { name: 'second' });
    keeper.keep(stage.request);
    const minted: string[] = [];
    keeper.on('minted', ({ name }) => minted.push(name));
    await kept.get();
    expect([kept.name, ...minted]).toEqual(['second', 'second']);
  });

  it('tells each listener by itself, though two are the same function', async () => {
    const keeper = stage.keeper();
    let told = 0;
    const listener = () => {
      told += 1;
    };
    const end = keeper.on('minted', listener);
    keeper.on('minted', listener);
    end();
    await keeper.keep(stage.request).get();
    expect(told).toBe(1);
  });

  it('tells what remains of it and shows its value nowhere but where it is asked for', async () => {
    const token = await stage.keeper().keep(stage.request).get();
    stage.clock.advance(3_600_000);
    expect(token).toMatchObject({
      accessToken: 'token-1',
      authorization: 'Bearer token-1',
      remainingMs: DAY - 3_600_000,
      expiresInSeconds: 82_790,
    });
    const { inspect } = await import('node:util');
    expect(
      JSON.stringify(token) + inspect(token, { depth: 9, showHidden: true, getters: false }) + JSON.stringify({ ...token }),
    ).not.toContain('token-1');
    expect(token.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is peeked at without waiting: nothing at first, then the token', async () => {
    const kept = stage.keeper().keep(stage.request);
    expect(kept.peek()).toBeUndefined();
    const token = await kept.get();
    expect(kept.peek()).toBe(token);
    stage.clock.suspend(2 * DAY);
    expect(kept.peek()).toBeUndefined();
  });

  it('is minted ahead of expiry with no caller at all, once a lifetime', async () => {
    const keeper = stage.keeper({ policy: { maxSleepMs: 3_600_000 } });
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 30 * DAY, () => expect(kept.status().state).toBe('fresh'));
    expect(stage.endpoint.requests).toHaveLength(1 + Math.floor((30 * DAY) / (0.75 * DAY)));
    expect(stage.clock.timers).toBe(1);
  });

  it('of five minutes is minted no more than once in two, under load', async () => {
    stage.endpoint.answer(issueTokens(300));
    const keeper = stage.keeper({ random: Math.random });
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000, async () => {
      const token = await kept.get();
      expect(token.remainingMs).toBeGreaterThan(6_000);
    });
    expect(stage.endpoint.requests.length).toBeLessThanOrEqual(31);
  });

  it('of thirty days sets no timer that would overflow', async () => {
    stage.endpoint.answer(issueTokens(2_592_000));
    const keeper = stage.keeper({ policy: { maxSleepMs: 30 * DAY } });
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 45 * DAY);
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('lives the default lifetime, and says so, where the issuer names none', async () => {
    stage.endpoint.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"opaque","token_type":"bearer"}');
    });
    const keeper = stage.keeper();
    const assumed: number[] = [];
    keeper.on('lifetimeAssumed', ({ lifetimeMs }) => assumed.push(lifetimeMs));
    const token = await keeper.keep(stage.request).get();
    expect(token.lifetimeMs).toBe(300_000);
    stage.endpoint.answer(issueTokens(600));
    await keeper.keep({ ...stage.request, audience: 'urn:other' }).get();
    expect(assumed).toEqual([300_000]);
  });

  it('does not become a loop where the issuer hands out the identical token again', async () => {
    stage.endpoint.answer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'same', token_type: 'Bearer', expires_in: 600 }));
    });
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 600_000, async () => expect((await kept.get()).accessToken).toBe('same'));
    expect(stage.endpoint.requests.length).toBeLessThanOrEqual(5);
  });

  it('gives a caller more life than the safety margin when asked to, and says so when it cannot', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.suspend(0.7 * DAY);
    expect((await kept.get()).accessToken).toBe('token-1');
    expect((await kept.get({ minTtlSeconds: 40_000 })).accessToken).toBe('token-2');
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'later'));
    stage.clock.suspend(0.7 * DAY);
    expect(await failureOf(kept.get({ minTtlSeconds: 40_000 }))).toMatchObject({ code: 'min_ttl_unmet', retryable: true });
    await expect(kept.get({ minTtlSeconds: Number.NaN })).rejects.toThrow('`minTtlSeconds`');
    expect((await kept.get()).accessToken).toBe('token-2');
  });

  it('frees a caller who aborts, at once, and goes on minting for the others', async () => {
    const { script, release } = heldBack(issueTokens(60));
    stage.endpoint.answer(script);
    const kept = stage.keeper().keep(stage.request);
    const caller = new AbortController();
    const impatient = kept.get({ signal: caller.signal });
    const patient = kept.get();
    caller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    await untilRequests(stage.endpoint, 1);
    release();
    expect((await patient).accessToken).toBe('token-1');
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('is forgotten when it is closed: no mint comes of it, and keeping the same request begins anew', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    await kept.close();
    await kept.close();
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
    expect(kept.peek()).toBeUndefined();
    expect(keeper.kept).toEqual([]);
    await passTime(stage.clock, keeper, 700_000);
    expect(stage.endpoint.requests).toHaveLength(1);

    const again = keeper.keep(stage.request);
    expect(again).not.toBe(kept);
    await kept.close();
    expect(keeper.kept).toHaveLength(1);
    expect(keeper.kept[0]).toBe(again);
    expect((await again.get()).accessToken).toBe('token-2');
  });

  it('fails nobody when it is closed while it is being minted', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    const failed: string[] = [];
    keeper.on('failed', ({ code }) => failed.push(code));
    const kept = keeper.keep(stage.request);
    const waiting = failureOf(kept.get());
    await untilRequests(stage.endpoint, 1);
    await kept.close();
    expect(await waiting).toMatchObject({ code: 'closed' });
    expect(failed).toEqual([]);
  });

  it('rejects callers who come after the keeper was closed, and those who wait for it', async () => {
    stage.endpoint.answer(() => undefined);
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    const waiting = failureOf(kept.get());
    await untilWaiting(kept);
    await keeper.close();
    const message = 'The keeper of "https://orders.example.com" was closed.';
    expect(await waiting).toMatchObject({ code: 'closed', retryable: false, message });
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
    expect(kept.peek()).toBeUndefined();
    expect(stage.clock.timers).toBe(0);
  });
});

describe('a kept token and its store', () => {
  it('is taken up again by the next keeper, which mints nothing', async () => {
    const store = new MemoryStore();
    const first = await stage.keeper({ store }).keep(stage.request).get();
    const keeper = stage.keeper({ store });
    const adopted: string[] = [];
    keeper.on('adopted', ({ fingerprint }) => adopted.push(fingerprint));
    const second = await keeper.keep(stage.request).get();
    expect(second.accessToken).toBe(first.accessToken);
    expect(adopted).toEqual([first.fingerprint]);
    expect(stage.endpoint.requests).toHaveLength(1);
  });

  it('is minted anew where the stored one is expired, or claims more life than it ever had', async () => {
    const store = new MemoryStore();
    await stage.keeper({ store }).keep(stage.request).get();
    stage.clock.setWallBy(-120_000);
    expect((await stage.keeper({ store }).keep(stage.request).get()).accessToken).toBe('token-2');
    stage.clock.suspend(2 * DAY);
    expect((await stage.keeper({ store }).keep(stage.request).get()).accessToken).toBe('token-3');
  });

  it('is in the store before anybody has it', async () => {
    const store = new MemoryStore();
    const saved: string[] = [];
    const watched = Object.assign(Object.create(store) as MemoryStore, {
      load: () => Promise.resolve(undefined),
      save: async (_key: string, token: { accessToken: string }) => {
        await nextTurn();
        saved.push(token.accessToken);
      },
      close: () => Promise.resolve(),
    });
    const token = await stage.keeper({ store: watched }).keep(stage.request).get();
    expect(saved).toEqual([token.accessToken]);
  });

  it('is handed out after a quarter of a second where the store is slow', async () => {
    const never = () => new Promise<never>(() => undefined);
    const slow = { load: () => Promise.resolve(undefined), save: never, remove: never, close: () => Promise.resolve() };
    const kept = new TokenKeeper({ clock: stage.clock, store: slow }).keep(stage.request);
    const token = kept.get();
    await untilRequests(stage.endpoint, 1);
    while (stage.clock.untilNextTimer !== 250) await nextTurn();
    expect(kept.peek()).toBeUndefined();
    stage.clock.advance(250);
    expect((await token).accessToken).toBe('token-1');
  });

  it('is kept all the same where the store fails, and the failure is reported', async () => {
    const broken = () => Promise.reject(new Error('disk on fire'));
    const store = { load: broken, save: broken, remove: broken, close: () => Promise.resolve() };
    const keeper = stage.keeper({ store });
    const reports: string[] = [];
    keeper.on('storeDegraded', ({ operation, message }) => reports.push(`${operation}: ${message}`));
    expect((await keeper.keep(stage.request).get()).accessToken).toBe('token-1');
    await keeper.close();
    expect(reports).toEqual(['load: disk on fire', 'save: disk on fire']);
  });
});

describe('many kept tokens', () => {
  it('share one timer, and come to their issuer five a second', async () => {
    const keeper = stage.keeper();
    const kept = Array.from({ length: 50 }, (_, i) => keeper.keep({ ...stage.request, audience: `https://api-${i}.example.com` }));
    const tokens = Promise.all(kept.map((one) => one.get()));
    await untilRequests(stage.endpoint, 10);
    for (let second = 1; second <= 8; second += 1) {
      stage.clock.advance(1_000);
      await untilRequests(stage.endpoint, 10 + 5 * second);
    }
    expect(await tokens).toHaveLength(50);
    await untilSettled(keeper);
    expect(stage.endpoint.requests).toHaveLength(50);
    expect(stage.clock.timers).toBe(1);
  });
});
