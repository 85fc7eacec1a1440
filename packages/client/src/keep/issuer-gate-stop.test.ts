import { ManualClock, nextTurn } from '@evertoken/testkit';
import { expect, it } from 'vitest';
import { TokenError } from '../errors.ts';
import { defaultPolicy } from '../policy/keeping-policy.ts';
import { IssuerGate } from './issuer-gate.ts';

const down = new TokenError('server_error', 'down', { retryable: true });

it('what was stopped is no failure of the issuer: others are let in beside each other', async () => {
  const gate = new IssuerGate(new ManualClock(), defaultPolicy);
  const stop = new AbortController();
  const work = (isStopped: boolean) => {
    if (isStopped) stop.abort();
    return Promise.reject(down);
  };
  // A fifth failure in a row would let one in at a time.
  for (const isStopped of [false, false, false, false, true])
    await expect(gate.pass(() => work(isStopped), stop.signal)).rejects.toBe(down);
  const began: string[] = [];
  for (const name of ['a', 'b']) {
    const begin = () => {
      began.push(name);
      return new Promise(() => undefined);
    };
    void gate.pass(begin, new AbortController().signal);
  }
  await nextTurn();
  expect(began).toEqual(['a', 'b']);
});
