import { ManualClock } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { TokenError } from '../errors.ts';
import { defaultPolicy } from '../policy/keeping-policy.ts';
import { IssuerGates } from './issuer-gates.ts';

const asked = () => Promise.resolve('a token');
const failing = () => Promise.reject(new TokenError('server_error', 'no', { retryable: true }));

describe('the gates of many issuers', () => {
  it('are let go when nobody asks and nothing is known of them', async () => {
    const clock = new ManualClock();
    const gates = new IssuerGates(clock, defaultPolicy);
    for (let i = 0; i < 5_000; i += 1) {
      await gates.of(`https://${i}.example.com/`).pass(asked, new AbortController().signal);
      clock.advance(200);
    }
    expect(gates.count).toBeLessThanOrEqual(100);
  });

  it('stay while their issuer fails, its clock is off, or its turns are used up', async () => {
    const clock = new ManualClock();
    const gates = new IssuerGates(clock, defaultPolicy);
    const [failed, skewed, spent] = ['failed', 'skewed', 'spent'].map((name) => gates.of(name));
    await failed?.pass(failing, new AbortController().signal).catch(() => undefined);
    skewed?.learn(clock.now() + 60_000);
    for (let i = 0; i < 10; i += 1) await spent?.pass(asked, new AbortController().signal);
    for (let i = 0; i < 1_000; i += 1) await gates.of(`https://${i}.example.com/`).pass(asked, new AbortController().signal);
    expect(['failed', 'skewed', 'spent'].map((name) => gates.of(name))).toEqual([failed, skewed, spent]);
    expect([gates.of('failed') === failed, gates.of('skewed') === skewed, gates.of('spent') === spent]).toEqual([true, true, true]);
  });

  it('that know something are bounded too', async () => {
    const clock = new ManualClock();
    const gates = new IssuerGates(clock, defaultPolicy);
    for (let i = 0; i < 30_000; i += 1) {
      const gate = gates.of(`https://${i}.example.com/`);
      gate.learn(clock.now() + 60_000);
    }
    expect(gates.count).toBeLessThanOrEqual(20_000);
  });
});
