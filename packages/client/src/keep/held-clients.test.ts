import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { TokenError } from '../errors.ts';
import { defaultPolicy, type KeepingPolicy } from '../policy/keeping-policy.ts';
import { IssuerGate } from './issuer-gate.ts';

/** A gate, and what comes of the work of a client that goes through it. */
function aGate(numbers: Partial<KeepingPolicy> = {}) {
  const clock = new ManualClock();
  const gate = new IssuerGate(clock, { ...defaultPolicy, ...numbers });
  const { signal } = new AbortController();
  const pass = (client: string, work: () => Promise<string> = () => Promise.resolve('done')) =>
    gate.pass(work, signal, client).catch((error: unknown) => error);
  return { clock, gate, pass };
}

/** The answer of an issuer that is asked too often. */
function tooMany(retryAfterMs?: number, code: 'too_many_requests' | 'server_error' = 'too_many_requests'): TokenError {
  return new TokenError(code, 'slow down', { retryable: true, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

describe('a client that an issuer asked to wait', () => {
  it('has no turn until then, not even where it waits for one already, and others have theirs', async () => {
    const { clock, gate, pass } = aGate({ issuerRatePerSecond: 1, issuerBurst: 1 });
    const later = tooMany(60_000);
    const first = pass('a', () => Promise.reject(later));
    const waiting = pass('a');
    const other = pass('b');
    expect(await Promise.all([first, waiting])).toEqual([later, later]);
    clock.advance(1_000);
    expect(await other).toBe('done');
    expect(await pass('a')).toMatchObject({ code: 'too_many_requests', retryAfterMs: 59_000 });
    expect(gate.hasLearnt).toBe(true);
    clock.advance(59_000);
    expect(gate.hasLearnt).toBe(false);
    expect(await pass('a')).toBe('done');
  });

  it('waits for the longest of the times that it was asked for, and no longer than the policy obeys', async () => {
    const { pass } = aGate({ retryAfterCapMs: 10_000 });
    await Promise.all([3_600_000, 1_000].map((ms) => pass('a', () => Promise.reject(tooMany(ms)))));
    expect(await pass('a')).toMatchObject({ retryAfterMs: 10_000 });
  });

  it.each([
    ['names no time', tooMany()],
    ['names none to wait', tooMany(0)],
    ['is that of an issuer in trouble', tooMany(60_000, 'server_error')],
  ])('has its turn where the answer %s', async (_what, failure) => {
    const { pass } = aGate();
    expect(await pass('a', () => Promise.reject(failure))).toBe(failure);
    expect(await pass('a')).toBe('done');
  });
});
