import type { TokenKeeper } from '@evertoken/client';
import { issueTokens, nextTurn, passTime, refuseWith, untilSettled } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, failureOf, heldBack, untilRequests } from './stage.ts';

const HOUR = 3_600_000;
const stage = aStage();

/** The kept tokens of `keeper`, told apart by what is public of them. */
const namesIn = ({ kept }: TokenKeeper) => kept.map(({ name }) => name);

describe('an undeclared token', () => {
  it('is dropped when nobody read it for a day, and a declared one is not', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper({ policy: { maxSleepMs: HOUR } });
    const dropped: unknown[] = [];
    keeper.on('dropped', (drop) => dropped.push(drop));
    const declared = keeper.keep({ ...stage.request, audience: 'urn:declared' });
    const undeclared = keeper.keep({ ...stage.request, audience: 'urn:undeclared' }, { isDeclared: false });
    await Promise.all([declared.get(), undeclared.get()]);
    await passTime(stage.clock, keeper, 23 * HOUR);
    expect(namesIn(keeper)).toEqual(['urn:declared', 'urn:undeclared']);
    await undeclared.get();
    await passTime(stage.clock, keeper, 23 * HOUR);
    expect(dropped).toEqual([]);
    await passTime(stage.clock, keeper, 3 * HOUR);
    expect(dropped).toEqual([{ name: 'urn:undeclared', reason: 'idle' }]);
    expect(namesIn(keeper)).toEqual(['urn:declared']);
    expect(await failureOf(undeclared.get())).toMatchObject({ code: 'closed' });
    expect((await declared.get()).remainingMs).toBeGreaterThan(0);
  });

  it('is kept for twice its lifetime where that is longer', async () => {
    stage.endpoint.answer(issueTokens(72 * 3_600));
    const keeper = stage.keeper({ policy: { maxSleepMs: 24 * HOUR } });
    const undeclared = keeper.keep(stage.request, { isDeclared: false });
    await undeclared.get();
    await passTime(stage.clock, keeper, 140 * HOUR);
    expect(keeper.kept).toEqual([undeclared]);
    await passTime(stage.clock, keeper, 80 * HOUR);
    expect(keeper.kept).toEqual([]);
  });

  it('is dropped at the very end of that time, not a mint later', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    // Three times it is due: after 45, 90 and 135 minutes.
    const keeper = stage.keeper({ policy: { undeclaredIdleMs: 2.25 * HOUR } });
    const undeclared = keeper.keep(stage.request, { isDeclared: false });
    await undeclared.get();
    await passTime(stage.clock, keeper, 2.25 * HOUR - 1);
    expect(keeper.kept).toEqual([undeclared]);
    await passTime(stage.clock, keeper, 1);
    expect(keeper.kept).toEqual([]);
    expect(stage.endpoint.requests).toHaveLength(3);
  });

  it('is not dropped while its callers wait for it', async () => {
    const { script, release } = heldBack(issueTokens(3_600));
    stage.endpoint.answer(script);
    const keeper = stage.keeper({ policy: { undeclaredIdleMs: 1_000 } });
    const kept = keeper.keep(stage.request, { isDeclared: false });
    const reading = kept.get();
    await untilRequests(stage.endpoint, 1);
    stage.clock.advance(2_000);
    // It looks at the clock then.
    keeper.keep({ ...stage.request, clientSecret: 'another' }, { isDeclared: false });
    release();
    expect((await reading).accessToken).toBe('token-1');
  });

  it('makes room for another when there are too many: the one not read for longest goes', async () => {
    const keeper = stage.keeper({ policy: { maxUndeclared: 3 } });
    const dropped: unknown[] = [];
    keeper.on('dropped', (drop) => dropped.push(drop));
    const keep = (name: string) => keeper.keep({ ...stage.request, audience: `urn:${name}` }, { isDeclared: false });
    const [a, b] = ['a', 'b', 'c'].map((name) => {
      stage.clock.advance(1);
      return keep(name);
    });
    stage.clock.advance(1);
    await a?.get();
    keep('d');
    expect(namesIn(keeper)).toEqual(['urn:a', 'urn:c', 'urn:d']);
    expect(b?.status().nextMintAt).toBeUndefined();
    expect(dropped).toEqual([{ name: 'urn:b', reason: 'crowded' }]);
    await untilSettled(keeper);
  });

  it.each([
    ['in the same moment', () => Promise.resolve()],
    ['while it is minted', () => untilRequests(stage.endpoint, 1)],
  ])('makes no room while its callers wait for it, not for another that comes %s either', async (_when, then) => {
    const { script, release } = heldBack(issueTokens(3_600));
    stage.endpoint.answer(script);
    const keeper = stage.keeper({ policy: { maxUndeclared: 1 } });
    const keep = (name: string) => keeper.keep({ ...stage.request, audience: `urn:${name}` }, { isDeclared: false });
    const reading = keep('a').get();
    await then();
    keep('b');
    expect(namesIn(keeper)).toEqual(['urn:a', 'urn:b']);
    await untilRequests(stage.endpoint, 2);
    release();
    expect((await reading).accessToken).toMatch(/^token-/);
    keep('c');
    expect(namesIn(keeper)).toEqual(['urn:c']);
  });

  it.each<[string, (release: () => void) => void, string]>([
    ['has come', (release) => release(), 'fulfilled'],
    ['is waited for no longer', () => stage.clock.advance(10_000), 'rejected'],
  ])('goes where there are too many once its token %s, and each caller has the answer', async (_when, end, outcome) => {
    const { script, release } = heldBack(issueTokens(3_600));
    stage.endpoint.answer(script);
    const keeper = stage.keeper({ policy: { maxUndeclared: 2, issuerBurst: 100 } });
    const dropped: unknown[] = [];
    keeper.on('dropped', ({ reason }) => dropped.push(reason));
    const reads = Array.from({ length: 6 }, (_, i) => keeper.keep({ ...stage.request, audience: `urn:${i}` }, { isDeclared: false }).get());
    await untilRequests(stage.endpoint, 6);
    expect(keeper.kept).toHaveLength(6);
    end(release);
    const answers = await Promise.allSettled(reads);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([outcome]));
    if (outcome === 'rejected') expect(answers.map((answer) => 'reason' in answer && answer.reason.code)).not.toContain('closed');
    await nextTurn();
    expect(keeper.kept).toHaveLength(2);
    expect(dropped).toEqual(['crowded', 'crowded', 'crowded', 'crowded']);
  });

  it('goes where there are too many and another, which was not read for longer, is waited for no longer', async () => {
    const { script, release } = heldBack(issueTokens(3_600));
    stage.endpoint.answer(script);
    const keeper = stage.keeper({ policy: { maxUndeclared: 1 } });
    const keep = (name: string) => keeper.keep({ ...stage.request, audience: `urn:${name}` }, { isDeclared: false });
    const a = keep('a');
    const reads = [a.get()];
    keep('b');
    stage.clock.advance(1);
    reads.push(a.get());
    await untilRequests(stage.endpoint, 2);
    release();
    await Promise.all(reads);
    await nextTurn();
    expect(namesIn(keeper)).toEqual(['urn:a']);
  });

  it('that was dropped says so, and that it may be kept again', async () => {
    const keeper = stage.keeper({ policy: { maxUndeclared: 1 } });
    const keep = (name: string) => keeper.keep({ ...stage.request, audience: `urn:${name}` }, { isDeclared: false });
    const dropped = keep('a');
    await dropped.get();
    keep('b');
    const failure = await failureOf(dropped.get());
    expect(failure).toMatchObject({ code: 'closed', retryable: false });
    expect(failure.message).toBe('"urn:a" is kept no longer: nobody read it for long, or too many others came. Keep it again.');
    expect((await keep('a').get()).accessToken).toMatch(/^token-/);
    await keeper.close();
    expect((await failureOf(dropped.get())).message).toContain('Keep it again.');
  });

  it('makes no room for a declared one, and no declared one makes room for it', async () => {
    const keeper = stage.keeper({ policy: { maxUndeclared: 1 } });
    const keep = (name: string, isDeclared: boolean) => keeper.keep({ ...stage.request, audience: `urn:${name}` }, { isDeclared });
    keep('a', true);
    keep('b', false);
    keep('c', true);
    expect(namesIn(keeper)).toEqual(['urn:a', 'urn:b', 'urn:c']);
    keep('d', false);
    expect(namesIn(keeper)).toEqual(['urn:a', 'urn:c', 'urn:d']);
    await untilSettled(keeper);
  });

  it('goes before another that was read last at the same moment where it came first', async () => {
    const keeper = stage.keeper({ policy: { maxUndeclared: 2 } });
    for (const name of ['a', 'b', 'c']) keeper.keep({ ...stage.request, audience: `urn:${name}` }, { isDeclared: false });
    expect(namesIn(keeper)).toEqual(['urn:b', 'urn:c']);
    await untilSettled(keeper);
  });

  it('becomes a declared one when it is declared', async () => {
    const keeper = stage.keeper({ policy: { maxSleepMs: 24 * HOUR } });
    const kept = keeper.keep(stage.request, { isDeclared: false });
    expect(keeper.keep(stage.request)).toBe(kept);
    await kept.get();
    await passTime(stage.clock, keeper, 100 * HOUR);
    expect(keeper.kept).toEqual([kept]);
  });
});

describe('a keeper that mints on access', () => {
  it('does nothing until a token is read, sets no timer, and mints in the background what a caller finds due', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper({ schedule: 'on-access' });
    const kept = keeper.keep(stage.request);
    expect(stage.clock.timers).toBe(0);
    expect(kept.status().isMinting).toBe(false);
    expect((await kept.get()).accessToken).toBe('token-1');
    expect(stage.clock.timers).toBe(0);
    stage.clock.advance(2_800_000);
    expect(stage.endpoint.requests).toHaveLength(1);
    expect((await kept.get()).accessToken).toBe('token-1');
    await untilSettled(keeper);
    expect((await kept.get()).accessToken).toBe('token-2');
    expect(stage.clock.timers).toBe(0);
  });

  it('sets no timer for the next attempt either when the issuer is down', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const keeper = stage.keeper({ schedule: 'on-access' });
    const kept = keeper.keep(stage.request);
    await kept.get();
    stage.clock.advance(2_800_000);
    stage.endpoint.answer(refuseWith(503, 'temporarily_unavailable', 'down'));
    await kept.get();
    await untilSettled(keeper);
    expect(kept.status().lastFailure?.count).toBe(1);
    await kept.get();
    expect(stage.clock.timers).toBe(0);
  });

  it('is named wrongly with any other word', () => {
    expect(() => stage.keeper({ schedule: 'never' as never })).toThrow('`schedule`');
  });
});
