import { issueTokens } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { aStage, untilRequests } from './stage.ts';

const HOUR = 3_600_000;
const stage = aStage();

describe('a read of a fresh token', () => {
  it('makes nothing new: its answer is the same promise each time, also after a look at the clock', async () => {
    const keeper = stage.keeper();
    const kept = keeper.keep(stage.request);
    await kept.get();
    const answer = kept.get();
    expect(kept.get()).toBe(answer);
    stage.clock.advance(HOUR);
    keeper.keep({ ...stage.request, clientSecret: 'another' });
    expect(kept.get()).toBe(answer);
    expect((await answer).accessToken).toBe('token-1');
  });

  it('is one of a due token from the very moment at which it is due', async () => {
    stage.endpoint.answer(issueTokens(3_600));
    const kept = stage.keeper().keep(stage.request);
    await kept.get();
    stage.clock.suspend(0.75 * HOUR);
    expect((await kept.get()).accessToken).toBe('token-1');
    await untilRequests(stage.endpoint, 2);
  });

  it('tells nothing of a store where there is none', async () => {
    const keeper = stage.keeper();
    const told: string[] = [];
    keeper.on('storeDegraded', ({ message }) => told.push(message));
    await keeper.keep(stage.request).get();
    expect(told).toEqual([]);
  });
});
