import { ManualClock, nextTurn } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { TokenError } from '../errors.ts';
import { defaultPolicy, type KeepingPolicy } from '../policy/keeping-policy.ts';
import { IssuerGate } from './issuer-gate.ts';

const down = new TokenError('server_error', 'down', { retryable: true });
const tooMany = new TokenError('too_many_requests', 'slow down', { retryable: true, details: { status: 429 } });
const refused = new TokenError('invalid_client', 'no', { retryable: false });
const unsigned = new TokenError('key_unusable', 'no key', { retryable: false });
const forever = () => new AbortController().signal;

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

const gateWith = (numbers: Partial<KeepingPolicy> = {}) => new IssuerGate(clock, { ...defaultPolicy, ...numbers });

/** Work that is let go by hand, and tells in which order it began. */
function works(gate: IssuerGate) {
  const began: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  return {
    began,
    end: async (name: string, failure?: Error) => {
      ends.get(name)?.(failure);
      await nextTurn();
    },
    start: (name: string, stop: AbortSignal = forever(), client?: string) => {
      const work = () => {
        began.push(name);
        return new Promise<string>((resolve, reject) => {
          ends.set(name, (failure) => (failure === undefined ? resolve(`${name} done`) : reject(failure)));
        });
      };
      const outcome = gate.pass(work, stop, client).catch((error: unknown) => error);
      return outcome;
    },
  };
}

async function failTimes(gate: IssuerGate, count: number, failure: Error = down): Promise<void> {
  for (let i = 0; i < count; i += 1) await gate.pass(() => Promise.reject(failure), forever()).catch(() => undefined);
}

describe('the door to an issuer', () => {
  it('lets a burst in at once and then so many a second, in the order they came', async () => {
    const { began, start } = works(gateWith({ issuerRatePerSecond: 5, issuerBurst: 3 }));
    for (const name of ['a', 'b', 'c', 'd', 'e']) void start(name);
    await nextTurn();
    expect(began).toEqual(['a', 'b', 'c']);
    expect(clock.untilNextTimer).toBe(200);
    clock.advance(199);
    await nextTurn();
    expect(began).toHaveLength(3);
    clock.advance(1);
    await nextTurn();
    expect(began).toEqual(['a', 'b', 'c', 'd']);
    clock.advance(200);
    await nextTurn();
    expect(began).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(clock.timers).toBe(0);
  });

  it('sets one timer, however many wait', async () => {
    const { start } = works(gateWith({ issuerRatePerSecond: 1, issuerBurst: 1 }));
    for (let i = 0; i < 20; i += 1) void start(`${i}`);
    await nextTurn();
    expect(clock.timers).toBe(1);
  });

  it('answers with what the work answers, or with its error', async () => {
    const gate = gateWith();
    expect(await gate.pass(() => Promise.resolve(7), forever())).toBe(7);
    await expect(gate.pass(() => Promise.reject(refused), forever())).rejects.toBe(refused);
  });

  it('lets who waits leave, and those behind move up', async () => {
    const { began, start } = works(gateWith({ issuerRatePerSecond: 1, issuerBurst: 1 }));
    const stop = new AbortController();
    void start('a');
    const leaving = start('b', stop.signal);
    void start('c');
    await nextTurn();
    stop.abort(new Error('enough'));
    expect(await leaving).toMatchObject({ message: 'enough' });
    clock.advance(1_000);
    await nextTurn();
    expect(began).toEqual(['a', 'c']);
  });

  it('tells nobody who waits for a second of his own of the failure of another', async () => {
    const { began, start, end } = works(gateWith({ issuerRatePerSecond: 1, issuerBurst: 1 }));
    const first = start('a');
    const second = start('b');
    await nextTurn();
    await end('a', down);
    expect(await first).toBe(down);
    clock.advance(1_000);
    await nextTurn();
    expect(began).toEqual(['a', 'b']);
    await end('b');
    expect(await second).toBe('b done');
  });

  it('is deaf to a stop once it has let somebody in', async () => {
    const gate = gateWith();
    const stop = new AbortController();
    const { start, end } = works(gate);
    const inside = start('a', stop.signal);
    await nextTurn();
    stop.abort(new Error('too late'));
    await end('a');
    expect(await inside).toBe('a done');
  });
});

describe('the door to an issuer in trouble', () => {
  it('lets one in at a time after five failures, and none beside it', async () => {
    const gate = gateWith();
    await failTimes(gate, 4);
    const open = works(gate);
    void open.start('a');
    void open.start('b');
    await nextTurn();
    expect(open.began).toEqual(['a', 'b']);
    await open.end('a', down);
    void open.start('c');
    await nextTurn();
    expect(open.began).toEqual(['a', 'b']);
  });

  it('gives the failure of the probe to all who wait', async () => {
    const gate = gateWith();
    await failTimes(gate, 5);
    const { began, start, end } = works(gate);
    const outcomes = [start('probe'), start('b'), start('c')];
    await nextTurn();
    expect(began).toEqual(['probe']);
    await end('probe', down);
    expect(await Promise.all(outcomes)).toEqual([down, down, down]);
    expect(began).toEqual(['probe']);
  });

  it('gives the 429 of a probe, which is about its client, to those of that client alone, and lets another client’s in next', async () => {
    const gate = gateWith();
    await failTimes(gate, 5);
    const { began, start, end } = works(gate);
    const probe = start('probe', forever(), 'a');
    const same = start('same', forever(), 'a');
    const other = start('other', forever(), 'b');
    await nextTurn();
    await end('probe', tooMany);
    expect(await Promise.all([probe, same])).toEqual([tooMany, tooMany]);
    expect(began).toEqual(['probe', 'other']);
    await end('other');
    expect(await other).toBe('other done');
  });

  it('lets all in again once a probe succeeds', async () => {
    const gate = gateWith();
    await failTimes(gate, 5);
    const { began, start, end } = works(gate);
    for (const name of ['probe', 'b', 'c']) void start(name);
    await nextTurn();
    await end('probe');
    expect(began).toEqual(['probe', 'b', 'c']);
  });

  it('counts failures in a row alone: a success begins anew, and so does a refusal, for who refuses is there', async () => {
    for (const break_ of [() => Promise.resolve(1), () => Promise.reject(refused)]) {
      const gate = gateWith({ issuerBurst: 100 });
      await failTimes(gate, 4);
      await gate.pass(break_, forever()).catch(() => undefined);
      await failTimes(gate, 4);
      const { began, start } = works(gate);
      void start('a');
      void start('b');
      await nextTurn();
      expect(began).toEqual(['a', 'b']);
    }
  });

  it('does not take a key that cannot sign for an answer of the issuer', async () => {
    const gate = gateWith();
    await failTimes(gate, 4);
    await failTimes(gate, 1, unsigned);
    await failTimes(gate, 1);
    const { began, start } = works(gate);
    void start('probe');
    void start('b');
    await nextTurn();
    expect(began).toEqual(['probe']);
  });

  it('lets the next probe in when one was refused for good', async () => {
    const gate = gateWith();
    await failTimes(gate, 5);
    const { began, start, end } = works(gate);
    const probe = start('probe');
    void start('b');
    void start('c');
    await nextTurn();
    await end('probe', refused);
    expect(await probe).toBe(refused);
    expect(began).toEqual(['probe', 'b', 'c']);
  });

  it('lets the only one who waits behind a probe leave', async () => {
    const gate = gateWith();
    await failTimes(gate, 5);
    const { began, start, end } = works(gate);
    void start('probe');
    const stop = new AbortController();
    const leaving = start('b', stop.signal);
    await nextTurn();
    stop.abort(new Error('enough'));
    expect(await leaving).toMatchObject({ message: 'enough' });
    await end('probe');
    expect(began).toEqual(['probe']);
  });

  it('forgets who left before the probe failed', async () => {
    const gate = gateWith();
    await failTimes(gate, 5);
    const { start, end } = works(gate);
    void start('probe');
    const stop = new AbortController();
    const leaving = start('b', stop.signal);
    const staying = start('c');
    await nextTurn();
    stop.abort(new Error('enough'));
    await end('probe', down);
    expect(await leaving).toMatchObject({ message: 'enough' });
    expect(await staying).toBe(down);
  });
});

describe('the clock of an issuer', () => {
  it('is ours until an answer tells otherwise by two seconds or more, and ours again when a later one does not', () => {
    const gate = gateWith();
    const now = () => clock.now() / 1000;
    expect(gate.nowSeconds()).toBe(now());
    gate.learn(clock.now() + 1_999);
    expect(gate.nowSeconds()).toBe(now());
    gate.learn(clock.now() - 2_000);
    expect(gate.nowSeconds()).toBe(now() - 2);
    gate.learn(undefined);
    expect(gate.nowSeconds()).toBe(now() - 2);
    gate.learn(clock.now() + 90_000);
    clock.advance(5_000);
    expect(gate.nowSeconds()).toBe(now() + 90);
    gate.learn(clock.now() - 1_000);
    expect(gate.nowSeconds()).toBe(now());
  });
});
