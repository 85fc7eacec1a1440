import { type AccessToken, MemoryStore, type TokenError, TokenKeeper, type TokenKeeperOptions } from '@evertoken/client';
import { issueTokens, ManualClock, passTime, refuseWith, startTokenEndpoint, type TokenEndpoint, untilSettled } from '@evertoken/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const DAY = 86_400_000;

let endpoint: TokenEndpoint;
let clock: ManualClock;
let keepers: TokenKeeper[];

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  clock = new ManualClock();
  keepers = [];
});

afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.close()));
  await endpoint.close();
});

function aKeeper(options: TokenKeeperOptions = {}): TokenKeeper {
  const keeper = new TokenKeeper({ clock, random: () => 0, ...options });
  keepers.push(keeper);
  return keeper;
}

const aRequest = () => ({
  tokenEndpoint: endpoint.url,
  clientId: 'worker',
  clientSecret: 's3cret',
  audience: 'https://orders.example.com',
});

const failureOf = (work: Promise<AccessToken>): Promise<TokenError> =>
  work.then(
    () => Promise.reject(new Error('a token came where a failure was expected')),
    (error: TokenError) => error,
  );

describe('a kept token', () => {
  it('is minted once for a thousand callers who come at the same time', async () => {
    const kept = aKeeper().keep(aRequest());
    const tokens = await Promise.all(Array.from({ length: 1_000 }, () => kept.get()));
    expect(new Set(tokens.map((token) => token.accessToken))).toEqual(new Set(['token-1']));
    expect(endpoint.requests).toHaveLength(1);
  });

  it('is the same for the same request, whatever the order of its scopes, and another for another', async () => {
    const keeper = aKeeper();
    const kept = keeper.keep({ ...aRequest(), scope: ['b', 'a', 'a'] });
    expect(keeper.keep({ ...aRequest(), scope: 'a b' })).toBe(kept);
    expect(keeper.keep({ ...aRequest(), clientSecret: 'another', scope: 'a b' })).toBe(kept);
    expect(keeper.keep({ ...aRequest(), scope: 'a' })).not.toBe(kept);
    expect(keeper.keep({ ...aRequest(), scope: 'a b', parameters: { tenant: 'x' } })).not.toBe(kept);
  });

  it('tells what remains of it and shows its value nowhere but where it is asked for', async () => {
    const token = await aKeeper().keep(aRequest()).get();
    clock.advance(3_600_000);
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
    const kept = aKeeper().keep(aRequest());
    expect(kept.peek()).toBeUndefined();
    const token = await kept.get();
    expect(kept.peek()).toBe(token);
    clock.suspend(2 * DAY);
    expect(kept.peek()).toBeUndefined();
  });

  it('is minted ahead of expiry with no caller at all, once a lifetime', async () => {
    const keeper = aKeeper({ policy: { maxSleepMs: 3_600_000 } });
    const kept = keeper.keep(aRequest());
    await kept.get();
    await passTime(clock, keeper, 30 * DAY, () => expect(kept.status().state).toBe('fresh'));
    expect(endpoint.requests).toHaveLength(1 + Math.floor((30 * DAY) / (0.75 * DAY)));
    expect(clock.timers).toBe(1);
  });

  it('of five minutes is minted no more than once in two, under load', async () => {
    endpoint.answer(issueTokens(300));
    const keeper = aKeeper({ random: Math.random });
    const kept = keeper.keep(aRequest());
    await kept.get();
    await passTime(clock, keeper, 3_600_000, async () => {
      const token = await kept.get();
      expect(token.remainingMs).toBeGreaterThan(6_000);
    });
    expect(endpoint.requests.length).toBeLessThanOrEqual(31);
  });

  it('of thirty days sets no timer that would overflow', async () => {
    endpoint.answer(issueTokens(2_592_000));
    const keeper = aKeeper({ policy: { maxSleepMs: 30 * DAY } });
    const kept = keeper.keep(aRequest());
    await kept.get();
    await passTime(clock, keeper, 45 * DAY);
    expect(endpoint.requests).toHaveLength(3);
  });

  it('lives the default lifetime, and says so, where the issuer names none', async () => {
    endpoint.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"opaque","token_type":"bearer"}');
    });
    const keeper = aKeeper();
    const assumed: number[] = [];
    keeper.on('lifetimeAssumed', ({ lifetimeMs }) => assumed.push(lifetimeMs));
    const token = await keeper.keep(aRequest()).get();
    expect(token.lifetimeMs).toBe(300_000);
    expect(assumed).toEqual([300_000]);
  });

  it('does not become a loop where the issuer hands out the identical token again', async () => {
    endpoint.answer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'same', token_type: 'Bearer', expires_in: 600 }));
    });
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    await passTime(clock, keeper, 600_000, async () => expect((await kept.get()).accessToken).toBe('same'));
    expect(endpoint.requests.length).toBeLessThanOrEqual(5);
  });

  it('gives a caller more life than the safety margin when asked to, and says so when it cannot', async () => {
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    clock.suspend(0.7 * DAY);
    expect((await kept.get()).accessToken).toBe('token-1');
    expect((await kept.get({ minTtlSeconds: 40_000 })).accessToken).toBe('token-2');
    endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'later'));
    clock.suspend(0.7 * DAY);
    expect(await failureOf(kept.get({ minTtlSeconds: 40_000 }))).toMatchObject({ code: 'min_ttl_unmet', retryable: true });
    expect((await kept.get()).accessToken).toBe('token-2');
  });

  it('frees a caller who aborts, at once, and goes on minting for the others', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const issue = issueTokens(60);
    endpoint.answer(async (request, response) => {
      await held;
      await issue(request, response);
    });
    const kept = aKeeper().keep(aRequest());
    const caller = new AbortController();
    const impatient = kept.get({ signal: caller.signal });
    const patient = kept.get();
    caller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    release();
    expect((await patient).accessToken).toBe('token-1');
    expect(endpoint.requests).toHaveLength(1);
  });

  it('rejects callers who come after the keeper was closed, and those who wait for it', async () => {
    endpoint.answer(() => undefined);
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    const waiting = failureOf(kept.get());
    await untilWaiting(kept);
    await keeper.close();
    expect(await waiting).toMatchObject({ code: 'closed', retryable: false });
    expect(await failureOf(kept.get())).toMatchObject({ code: 'closed' });
    expect(kept.peek()).toBeUndefined();
    expect(clock.timers).toBe(0);
  });
});

describe('a kept token while its issuer is down', () => {
  it('is served through an outage shorter than the runway, and no caller notices', async () => {
    const keeper = aKeeper({ random: () => 0.5 });
    const kept = keeper.keep(aRequest());
    await kept.get();
    await passTime(clock, keeper, 0.7 * DAY);
    endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'maintenance'));
    await passTime(clock, keeper, 5.5 * 3_600_000, async () => {
      await kept.get();
    });
    expect(kept.status().lastFailure?.count).toBeGreaterThan(1);
    endpoint.answer(issueTokens(86_400));
    await passTime(clock, keeper, 400_000);
    expect(kept.status()).toMatchObject({ state: 'fresh' });
    expect(kept.status().lastFailure).toBeUndefined();
  });

  it('tells callers a typed failure once it is expired, and recovers within 30 s of the issuer’s return', async () => {
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'maintenance'));
    await passTime(clock, keeper, 1.02 * DAY);
    const failure = await failureOf(kept.get());
    expect(failure).toMatchObject({ code: 'temporarily_unavailable', retryable: true, details: { status: 503 } });
    expect(failure.retryAfterMs).toBeLessThanOrEqual(30_000);
    endpoint.answer(issueTokens(86_400));
    await passTime(clock, keeper, 30_000);
    expect((await kept.get()).accessToken).toBe('token-1');
  });

  it('asks once a back-off step for two thousand cold callers, counted over a minute', async () => {
    endpoint.answer(refuseWith(500, 'server_error', 'broken'));
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    const storm = async () => {
      const failures = await Promise.all(Array.from({ length: 100 }, () => failureOf(kept.get())));
      expect(new Set(failures.map((failure) => failure.code))).toEqual(new Set(['server_error']));
    };
    await Promise.all(Array.from({ length: 20 }, storm));
    expect(endpoint.requests).toHaveLength(1);
    await passTime(clock, keeper, 60_000, storm);
    // With r = 0 the steps are 0.5, 1, 2, 4, 8, 15, 15 … s.
    expect(endpoint.requests).toHaveLength(8);
  });

  it('leaves it alone for as long as Retry-After says', async () => {
    endpoint.answer(refuseWith(429, 'too_many_requests', 'slow down', { 'retry-after': '120' }));
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    expect(await failureOf(kept.get())).toMatchObject({ code: 'too_many_requests', retryAfterMs: 120_000 });
    await passTime(clock, keeper, 119_000);
    expect(endpoint.requests).toHaveLength(1);
    await passTime(clock, keeper, 1_000);
    expect(endpoint.requests).toHaveLength(2);
  });

  it('remembers a permanent failure for 30 s, then a minute, while a held token is served', async () => {
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    endpoint.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    await passTime(clock, keeper, 0.75 * DAY);
    expect(endpoint.requests).toHaveLength(2);
    expect((await kept.get()).accessToken).toBe('token-1');
    expect(kept.status().lastFailure).toMatchObject({ code: 'access_denied', retryable: false, count: 1 });
    await passTime(clock, keeper, 29_999);
    expect(endpoint.requests).toHaveLength(2);
    await passTime(clock, keeper, 60_001);
    expect(endpoint.requests).toHaveLength(4);
  });

  it('lets a caller with an urgent token wait a little for a better one, then use what is held', async () => {
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    endpoint.answer(() => undefined);
    clock.suspend(DAY - 30_000);
    const caller = kept.get();
    await untilWaiting(kept);
    expect(kept.status().state).toBe('urgent');
    clock.advance(2_000);
    expect((await caller).accessToken).toBe('token-1');
  });

  it('gives up a mint that hangs after ten seconds, and the callers with it', async () => {
    endpoint.answer(() => undefined);
    const kept = aKeeper({ policy: { waitMs: 20_000 } }).keep(aRequest());
    const caller = failureOf(kept.get());
    await untilWaiting(kept);
    clock.advance(10_000);
    expect(await caller).toMatchObject({ code: 'timeout', retryable: true });
  });

  it('frees callers after their patience though the mint goes on', async () => {
    endpoint.answer(() => undefined);
    const kept = aKeeper({ policy: { waitMs: 3_000 } }).keep(aRequest());
    const caller = failureOf(kept.get());
    await untilWaiting(kept);
    clock.advance(3_000);
    expect(await caller).toMatchObject({ code: 'wait_timeout', retryable: true });
    expect(kept.status().isMinting).toBe(true);
  });
});

describe('a kept token and the clocks', () => {
  it('is not handed out expired after the machine slept, and is minted for the first caller', async () => {
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    clock.suspend(25 * 3_600_000);
    expect((await kept.get()).accessToken).toBe('token-2');
  });

  it('is minted soon after a sleep with no caller, within the spread', async () => {
    const keeper = aKeeper({ random: () => 0.99 });
    const kept = keeper.keep(aRequest());
    await kept.get();
    clock.suspend(20 * 3_600_000);
    await passTime(clock, keeper, 40_000);
    expect(endpoint.requests).toHaveLength(2);
    expect(kept.status().state).toBe('fresh');
  });

  it('is minted in time though the wall clock was set back an hour', async () => {
    endpoint.answer(issueTokens(3_600));
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    clock.setWallBy(-3_600_000);
    await passTime(clock, keeper, 2_700_000);
    expect(endpoint.requests).toHaveLength(2);
  });

  it('is not handed out expired though the wall clock was set back and the issuer is down', async () => {
    endpoint.answer(issueTokens(3_600));
    const keeper = aKeeper();
    const kept = keeper.keep(aRequest());
    await kept.get();
    endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await passTime(clock, keeper, 2_800_000);
    clock.setWallBy(-3_600_000);
    await passTime(clock, keeper, 800_000);
    expect(await failureOf(kept.get())).toMatchObject({ code: 'temporarily_unavailable' });
  });
});

describe('a kept token and its store', () => {
  it('is taken up again by the next keeper, which mints nothing', async () => {
    const store = new MemoryStore();
    const first = await aKeeper({ store }).keep(aRequest()).get();
    const keeper = aKeeper({ store });
    const adopted: string[] = [];
    keeper.on('adopted', ({ fingerprint }) => adopted.push(fingerprint));
    const second = await keeper.keep(aRequest()).get();
    expect(second.accessToken).toBe(first.accessToken);
    expect(adopted).toEqual([first.fingerprint]);
    expect(endpoint.requests).toHaveLength(1);
  });

  it('is minted anew where the stored one is expired, or claims more life than it ever had', async () => {
    const store = new MemoryStore();
    await aKeeper({ store }).keep(aRequest()).get();
    clock.setWallBy(-120_000);
    expect((await aKeeper({ store }).keep(aRequest()).get()).accessToken).toBe('token-2');
    clock.suspend(2 * DAY);
    expect((await aKeeper({ store }).keep(aRequest()).get()).accessToken).toBe('token-3');
  });

  it('is kept all the same where the store fails, and the failure is reported', async () => {
    const broken = () => Promise.reject(new Error('disk on fire'));
    const store = { load: broken, save: broken, remove: broken, close: () => Promise.resolve() };
    const keeper = aKeeper({ store });
    const reports: string[] = [];
    keeper.on('storeDegraded', ({ operation, message }) => reports.push(`${operation}: ${message}`));
    expect((await keeper.keep(aRequest()).get()).accessToken).toBe('token-1');
    await keeper.close();
    expect(reports).toEqual(['load: disk on fire', 'save: disk on fire']);
  });
});

async function untilWaiting(kept: { status(): { waiters: number } }): Promise<void> {
  for (let turn = 0; kept.status().waiters === 0; turn += 1) {
    if (turn > 10_000) throw new Error('Nobody came to wait.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('many kept tokens', () => {
  it('share one timer', async () => {
    const keeper = aKeeper();
    const kept = Array.from({ length: 50 }, (_, i) => keeper.keep({ ...aRequest(), audience: `https://api-${i}.example.com` }));
    await Promise.all(kept.map((one) => one.get()));
    await untilSettled(keeper);
    expect(endpoint.requests).toHaveLength(50);
    expect(clock.timers).toBe(1);
  });
});
