import { describe, expect, it, vi } from 'vitest';
import { CallsUnderWay } from './calls-under-way.ts';

describe.each([
  ['an app', 'report', 'dashboard'],
  ['the holder of a token', {}, {}],
])('the calls of %s', (_who, one, other) => {
  it('are let in up to the limit, whatever others do, and again when one has ended', () => {
    const underWay = new CallsUnderWay(2);
    underWay.enter(one);
    underWay.enter(one);
    expect(() => underWay.enter(one)).toThrow(expect.objectContaining({ status: 429, code: 'too_many_calls' }));
    underWay.enter(other);
    underWay.leave(one);
    underWay.enter(one);
    expect(() => underWay.enter(one)).toThrow();
  });

  it('change no table once their caller is known', () => {
    const underWay = new CallsUnderWay(2);
    underWay.enter(one);
    underWay.leave(one);
    const spies = [Map, WeakMap].flatMap(({ prototype }) => [vi.spyOn(prototype, 'set'), vi.spyOn(prototype, 'delete')]);
    const calls = () => spies.map((spy) => spy.mock.calls.length);
    const before = calls();
    underWay.enter(one);
    underWay.leave(one);
    const after = calls();
    for (const spy of spies) spy.mockRestore();
    expect(after).toEqual(before);
  });
});
