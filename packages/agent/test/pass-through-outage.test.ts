import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Fetch, TokenError } from '@evertoken/client';
import { ManualClock, nextTurn } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PassThrough } from '../src/deliver/pass-through.ts';
import { Refusal } from '../src/deliver/refusal.ts';
import { UnderWay } from '../src/deliver/under-way.ts';

const issuer = { issuer: 'https://login.example.com/', tokenEndpoint: 'https://login.example.com/oauth/token' };

/** An issuer of tokens for ten minutes, which may be down, and what is passed through to it. */
function aPassThrough(policy = {}) {
  const clock = new ManualClock();
  const issuing = { isDown: false, isSilentTo: undefined as number | undefined, requests: 0, inside: 0, most: 0 };
  const fetch: Fetch = async (_url, init): Promise<Response> => {
    issuing.requests += 1;
    // Until the mint gives up.
    if (issuing.isSilentTo !== undefined && String(init?.body).includes(`client-${issuing.isSilentTo}&`))
      await new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    issuing.inside += 1;
    issuing.most = Math.max(issuing.most, issuing.inside);
    await nextTurn();
    issuing.inside -= 1;
    return issuing.isDown
      ? Response.json({ error: 'temporarily_unavailable' }, { status: 503 })
      : Response.json({ access_token: `token-${issuing.requests}`, token_type: 'Bearer', expires_in: 600 });
  };
  const passThrough = new PassThrough({ clock, fetch, random: () => 0.5, policy: () => policy, waiting: new UnderWay(() => 64) });
  onTestFinished(() => passThrough.close());
  const get = async (client: number) => {
    const request = { tokenEndpoint: issuer.tokenEndpoint, clientId: `client-${client}`, clientSecret: `s3cret-${client}` };
    return (await passThrough.get({ request, issuer }, new EventEmitter() as ServerResponse)).live.accessToken;
  };
  /** Lets time pass by steps of a second, and what is under way end. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000);
      do await nextTurn();
      while (issuing.inside > 0);
    }
  };
  return { clock, issuing, passThrough, get, pass };
}

describe('many clients of one issuer that are passed through', () => {
  it('ask it one at a time while it is down, and as often as one keeper does', async () => {
    const { issuing, get, pass } = aPassThrough();
    for (let client = 0; client < 100; client += 1) {
      await get(client);
      if (client % 5 === 4) await pass(1);
    }
    expect(issuing.requests).toBe(100);
    issuing.isDown = true;
    // By then the first ones are due, and it is known that it is down.
    await pass(320);
    issuing.requests = 0;
    issuing.most = 0;
    await pass(600);
    expect(issuing.most).toBe(1);
    expect(issuing.requests).toBeLessThan(1_000);
    issuing.isDown = false;
    await pass(60);
    for (let client = 0; client < 100; client += 1) await get(client);
  });

  it('hear that it is down without a word about each other', async () => {
    const { issuing, get } = aPassThrough({ issuerBurst: 2, probeAfterFailures: 1 });
    issuing.isDown = true;
    const failures = await Promise.all(Array.from({ length: 10 }, (_, client) => get(client).catch((error: unknown) => error)));
    expect(issuing.requests).toBeLessThan(10);
    for (const [client, failure] of failures.entries()) {
      expect(failure).toBeInstanceOf(Refusal);
      const { status, code, cause } = failure as Refusal;
      expect([status, code]).toEqual([503, 'temporarily_unavailable']);
      expect((cause as TokenError).details.clientId).toBe(`client-${client}`);
    }
  });

  it('wait for it with so many requests of one client and no more, and are not held up by it', async () => {
    const { issuing, get } = aPassThrough();
    await get(2);
    issuing.isSilentTo = 1;
    let answers = 0;
    const failures = Array.from({ length: 40 }, () =>
      get(1)
        .catch((error: unknown) => error)
        .finally(() => (answers += 1)),
    );
    await expect.poll(() => answers).toBe(8);
    expect(await failures.at(-1)).toMatchObject({ status: 429, code: 'too_many_waiting' });
    // Neither one whose token is there, nor one that has to wait for a moment itself; and those that wait still do.
    await Promise.all([get(2), get(3)]);
    expect(answers).toBe(8);
  });

  it('are forgotten when nobody asks for them any more, and asked for anew', async () => {
    const { issuing, passThrough, get, pass } = aPassThrough({ undeclaredIdleMs: 3_600_000 });
    await get(1);
    await pass(1_800);
    await get(2);
    expect(passThrough.size).toBe(2);
    await pass(3_000);
    expect(passThrough.size).toBe(1);
    const before = issuing.requests;
    expect(await get(1)).toBe(`token-${before + 1}`);
    expect(passThrough.size).toBe(2);
  });

  it('leave no timer behind when none is passed through any more', async () => {
    const { clock, passThrough, get } = aPassThrough();
    await Promise.all([get(1), get(2)]);
    expect(clock.timers).toBe(1);
    await passThrough.forget(() => false);
    expect([passThrough.size, clock.timers]).toEqual([2, 1]);
    await passThrough.forget();
    expect([passThrough.size, clock.timers]).toEqual([0, 0]);
    expect(await get(1)).toBe('token-3');
  });

  it('are passed through no more once the agent stops, whatever they waited for', async () => {
    const { clock, issuing, passThrough, get } = aPassThrough();
    await get(1);
    await passThrough.close();
    await expect(get(1)).rejects.toMatchObject({ status: 503, code: 'stopping' });
    expect([issuing.requests, passThrough.size, clock.timers]).toEqual([1, 0, 0]);
  });

  it('push out nobody where they are turned away', async () => {
    const { passThrough, get } = aPassThrough({ maxUndeclared: 10 });
    const [first] = await Promise.all(Array.from({ length: 10 }, (_, client) => get(client)));
    for (let client = 100; client < 130; client += 1) await expect(get(client)).rejects.toMatchObject({ status: 429 });
    expect(passThrough.size).toBe(10);
    expect(await get(0)).toBe(first);
  });

  it('push out nobody where the issuer gives them nothing, and whoever was read longest ago where it does', async () => {
    const { issuing, passThrough, get } = aPassThrough({ maxUndeclared: 2 });
    const tokens = [await get(0), await get(1)];
    issuing.isDown = true;
    for (const client of [2, 3, 4]) await expect(get(client)).rejects.toMatchObject({ status: 503 });
    expect([await get(0), await get(1), passThrough.size]).toEqual([...tokens, 2]);
    issuing.isDown = false;
    const third = await get(2);
    expect(passThrough.size).toBe(2);
    expect([await get(1), await get(2)]).toEqual([tokens[1], third]);
    expect(await get(0)).not.toBe(tokens[0]);
  });
});
