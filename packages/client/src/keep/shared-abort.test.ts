import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onAbort } from './shared-abort.ts';

describe('a signal that many wait for', () => {
  it('has one listener, as long as anybody waits', () => {
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, 'abort').length;
    const ends = Array.from({ length: 20 }, () => onAbort(signal, () => undefined));
    expect(listeners()).toBe(1);
    for (const end of ends.slice(1)) end();
    expect(listeners()).toBe(1);
    ends[0]?.();
    expect(listeners()).toBe(0);
    const again = onAbort(signal, () => undefined);
    // Ended long ago: this is no end of others.
    ends[0]?.();
    expect(listeners()).toBe(1);
    onAbort(signal, () => undefined);
    expect(listeners()).toBe(1);
    again();
    expect(listeners()).toBe(1);
  });

  it('calls all that still wait, each once', () => {
    const caller = new AbortController();
    const called: string[] = [];
    const call = (name: string) => onAbort(caller.signal, () => called.push(name));
    call('a');
    call('b')();
    call('c');
    caller.abort();
    expect(called).toEqual(['a', 'c']);
  });
});
