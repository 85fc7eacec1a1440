import type { FailureStanding, HeldStanding, TokenStanding } from '@evertoken/agent/contract';
import { describe, expect, it } from 'vitest';
import { needsLook, runwayWords, stateWords } from './token-words.ts';

const hour = 3_600_000;
const held = {
  askedAt: 0,
  dueAt: 18 * hour,
  urgentAt: 24 * hour - 60_000,
  usableUntil: 24 * hour - 10_000,
  expiresAt: 24 * hour,
} as HeldStanding;
const aToken = (changes: Partial<TokenStanding>) =>
  ({ name: 'orders', state: 'fresh', isSuspect: false, isMinting: false, failure: null, held, ...changes }) as TokenStanding;
const failure = { code: 'network_error' } as FailureStanding;

describe('a token in words', () => {
  it('tells how long it lives, and how long an outage nobody would notice', () => {
    expect(runwayWords(aToken({}), 6 * hour)).toEqual({ left: '18 h 00 min left', survives: 'an outage of 5 h 59 min' });
    expect(runwayWords(aToken({}), 22 * hour)).toEqual({ left: '2 h 00 min left', survives: 'an outage of 1 h 59 min' });
  });

  it('promises nothing where nothing may be handed out', () => {
    const nothing = { left: 'nothing to hand out', survives: 'no outage' };
    expect(runwayWords(aToken({ held: null }), 0)).toEqual(nothing);
    expect(runwayWords(aToken({}), 24 * hour - 5_000)).toEqual(nothing);
  });

  it.each([
    [{}, 'fresh', false],
    [{ state: 'due', isMinting: true }, 'due', false],
    [{ state: 'due', failure }, 'due', true],
    [{ failure }, 'fresh', true],
    [{ isSuspect: true }, 'refused', true],
    [{ state: 'urgent' }, 'urgent', true],
    [{ state: 'expired' }, 'expired', true],
    [{ state: 'empty', held: null, isMinting: true }, 'asked for', true],
    [{ state: 'empty', held: null, failure }, 'none', true],
  ] as const)('with %o is called %s; to look at: %s', (changes, word, isToLookAt) => {
    const token = aToken(changes as Partial<TokenStanding>);
    expect([stateWords(token).word, needsLook(token)]).toEqual([word, isToLookAt]);
  });
});
