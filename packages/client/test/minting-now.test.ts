import type { TokenKeeper } from '@evertoken/client';
import { issueTokens, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { aStage, heldBack, untilRequests } from './stage.ts';

const stage = aStage();
let keeper: TokenKeeper;

beforeEach(() => {
  stage.endpoint.answer(issueTokens(86_400));
  keeper = stage.keeper();
});

describe('a mint that a person asks for', () => {
  it('brings another token before the held one is due, which is due when its own time comes', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    expect(await kept.mintNow()).toEqual({ mayMint: true });
    expect((await kept.get()).accessToken).toBe('token-2');
    expect(kept.status()).toMatchObject({ isSuspect: false, state: 'fresh', nextMintAt: stage.clock.now() + 64_800_000 });
  });

  it('leaves the held token with everybody until then', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    const { script, release } = heldBack(issueTokens(86_400));
    stage.endpoint.answer(script);
    const asked = kept.mintNow();
    await untilRequests(stage.endpoint, 2);
    expect(kept.status()).toMatchObject({ state: 'fresh', isSuspect: false, isMinting: true });
    expect((await kept.get()).accessToken).toBe('token-1');
    release();
    expect(await asked).toEqual({ mayMint: true });
  });

  it('frees who gives up at once, and goes on', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    const { script, release } = heldBack(issueTokens(86_400));
    stage.endpoint.answer(script);
    const caller = new AbortController();
    const asked = kept.mintNow({ signal: caller.signal });
    await untilRequests(stage.endpoint, 2);
    caller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(kept.status().isMinting).toBe(true);
    release();
    await untilSettled(keeper);
    expect(kept.status().mints).toBe(2);
    await expect(kept.mintNow({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('is one request however many ask for it', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    const answers = await Promise.all([kept.mintNow(), kept.mintNow(), kept.mintNow()]);
    expect(answers).toEqual([{ mayMint: true }, { mayMint: true }, { mayMint: true }]);
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('is not made within half a minute of another one, and says for how long', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.advance(10_000);
    expect(await kept.mintNow()).toEqual({ mayMint: false, waitMs: 20_000 });
    await passTime(stage.clock, keeper, 20_000);
    expect(await kept.mintNow()).toEqual({ mayMint: true });
    stage.clock.advance(1_000);
    expect(await kept.mintNow()).toEqual({ mayMint: false, waitMs: 29_000 });
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('is made once in half a minute, however short the token lives', async () => {
    stage.endpoint.answer(issueTokens(60));
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 7_000);
    expect(await kept.mintNow()).toEqual({ mayMint: true });
    await passTime(stage.clock, keeper, 7_000);
    expect(await kept.mintNow()).toEqual({ mayMint: false, waitMs: 23_000 });
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('leaves a rejected token free to be replaced half a minute later', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    await kept.mintNow();
    const { fingerprint } = await kept.get();
    await passTime(stage.clock, keeper, 61_000);
    expect((await kept.reject(fingerprint)).accessToken).toBe('token-3');
  });

  it('fails with the reason of the issuer, is not tried again before its time, and costs nobody the held token', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_600_000);
    stage.endpoint.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    await expect(kept.mintNow()).rejects.toMatchObject({ code: 'access_denied' });
    expect(await kept.mintNow()).toEqual({ mayMint: false, waitMs: 30_000 });
    expect((await kept.get()).accessToken).toBe('token-1');
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('is refused for a token that is kept no more', async () => {
    const kept = keeper.keep(stage.request);
    await kept.get();
    await kept.close();
    await expect(kept.mintNow()).rejects.toMatchObject({ code: 'closed' });
  });
});
