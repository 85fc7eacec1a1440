import { json, passTime } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf } from './stage.ts';

const stage = aStage();

/** The issuer hands out `name` from now on, which ends `seconds` from now. */
function issueOne(name: string, seconds: number): void {
  const endsAt = stage.clock.now() + seconds * 1000;
  stage.endpoint.answer((_request, response) =>
    json(response, 200, { access_token: name, token_type: 'Bearer', expires_in: (endsAt - stage.clock.now()) / 1000 }),
  );
}

describe('an issuer that hands out the held token until it ends', () => {
  it('is asked again at half of what remains, and the token is held as it was', async () => {
    issueOne('same', 600);
    const keeper = stage.keeper();
    const minted: number[] = [];
    keeper.on('minted', ({ lifetimeMs }) => minted.push(lifetimeMs));
    const kept = keeper.keep(stage.request);
    const first = await kept.get();
    const heldSince = stage.clock.now();
    await passTime(stage.clock, keeper, 300_000);
    expect(minted).toEqual([600_000, 300_000]);
    expect(await kept.get()).toBe(first);
    expect(kept.status()).toMatchObject({
      state: 'due',
      token: { askedAt: heldSince, lifetimeSeconds: 600 },
      lastMint: { at: heldSince },
      nextMintAt: stage.clock.now() + 150_000,
      mints: 2,
    });
    await passTime(stage.clock, keeper, 149_999);
    expect(stage.endpoint.requests).toHaveLength(2);
    await passTime(stage.clock, keeper, 1);
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('is not asked for a caller who needs a longer life: the answer would be the same', async () => {
    issueOne('same', 600);
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 400_000);
    const failure = await failureOf(kept.get({ minTtlSeconds: 250 }));
    expect(failure).toMatchObject({ code: 'min_ttl_unmet', retryAfterMs: 50_000 });
    expect(failure.cause).toBeUndefined();
    expect(stage.endpoint.requests).toHaveLength(2);
  });

  it('is asked for a caller once the token is expired, however short the time since it was asked', async () => {
    issueOne('same', 4);
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    await passTime(stage.clock, keeper, 3_500);
    expect(kept.status().state).toBe('expired');
    expect(stage.endpoint.requests).toHaveLength(2);
    issueOne('next', 4);
    expect((await kept.get()).accessToken).toBe('next');
  });

  it('has not replaced the token that an API rejected, which stays suspect', async () => {
    issueOne('same', 3_600);
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    const first = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    expect(await kept.reject(first.fingerprint)).toBe(first);
    expect(stage.endpoint.requests).toHaveLength(2);
    expect(kept.status().isSuspect).toBe(true);
  });

  it('has not replaced it either where it says that the same token lives longer now', async () => {
    issueOne('same', 3_600);
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    const first = await kept.get();
    await passTime(stage.clock, keeper, 60_000);
    issueOne('same', 3_600);
    const second = await kept.reject(first.fingerprint);
    expect(second.expiresAt).toBe(first.expiresAt + 60_000);
    expect(kept.status()).toMatchObject({ isSuspect: true, lastMint: { at: stage.clock.now() } });
  });
});
