import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { UnderWay } from './under-way.ts';

describe.each([
  ['an app', 'report', 'dashboard'],
  ['the holder of a token', {}, {}],
])('the requests of %s', (_who, one, other) => {
  it('are let in up to the limit, whatever others do, and again when one has ended', () => {
    const underWay = new UnderWay(() => 2);
    underWay.enter(one);
    expect(underWay.isFull(one)).toBe(false);
    underWay.enter(one);
    expect([underWay.isFull(one), underWay.isFull(other)]).toEqual([true, false]);
    underWay.leave(one);
    expect(underWay.isFull(one)).toBe(false);
  });

  it('change no table once their caller is known', () => {
    const underWay = new UnderWay(() => 2);
    underWay.enter(one);
    underWay.leave(one);
    const spies = [Map, WeakMap].flatMap(({ prototype }) => [vi.spyOn(prototype, 'set'), vi.spyOn(prototype, 'delete')]);
    const calls = () => spies.map((spy) => spy.mock.calls.length);
    const before = calls();
    underWay.isFull(one);
    underWay.enter(one);
    underWay.leave(one);
    const after = calls();
    for (const spy of spies) spy.mockRestore();
    expect(after).toEqual(before);
  });
});

describe('a request that waits', () => {
  it('counts until what it waits for is there, or has failed', async () => {
    const underWay = new UnderWay(() => 1);
    for (const work of [Promise.resolve('token'), Promise.reject(new Error('none'))]) {
      const waiting = underWay.during('report', new EventEmitter() as ServerResponse, work);
      expect(underWay.isFull('report')).toBe(true);
      await waiting.catch(() => undefined);
      expect(underWay.isFull('report')).toBe(false);
    }
  });

  it('counts no more once its program has left, and is not taken off twice', async () => {
    const underWay = new UnderWay(() => 1);
    const response = new EventEmitter() as ServerResponse;
    let end = (_: string): void => undefined;
    const waiting = underWay.during('report', response, new Promise<string>((resolve) => (end = resolve)));
    response.emit('close');
    underWay.enter('report');
    end('token');
    expect(await waiting).toBe('token');
    expect([underWay.isFull('report'), response.listenerCount('close')]).toEqual([true, 0]);
  });
});
