import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { giveBackMemoryAtRest, type MemoryReadings } from '../src/index.ts';
import { collectGarbage } from '../src/memory-at-rest.ts';

const MB = 1_000_000;
const resting = 0.001;
const atWork = 0.4;

/** A process whose memory the test says, and which a collection takes back to `needed`. */
let memory: { resident: number; heap: number; needed: number };
let isUnreadable: boolean;
let whenCollecting: () => void;
let collections: number;
let delays: number[];
let wake: (() => void) | undefined;

beforeEach(() => {
  memory = { resident: 80 * MB, heap: 15 * MB, needed: 70 * MB };
  isUnreadable = false;
  whenCollecting = () => undefined;
  collections = 0;
  delays = [];
  wake = undefined;
});

function start(): { look: (utilization: number) => number; close: () => void } {
  let utilization = 0;
  const read = (): MemoryReadings => {
    if (isUnreadable) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    return { residentBytes: memory.resident, heapBytes: memory.heap, utilization };
  };
  const collect = (): void => {
    collections += 1;
    whenCollecting();
    memory.resident = Math.min(memory.resident, memory.needed);
  };
  const setTimer = (then: () => void, delayMs: number): { cancel(): void } => {
    delays.push(delayMs);
    wake = then;
    return { cancel: () => (wake = undefined) };
  };
  const { close } = giveBackMemoryAtRest({ setTimer, read, collect });
  const look = (share: number): number => {
    utilization = share;
    const before = collections;
    wake?.();
    return collections - before;
  };
  return { look, close };
}

describe('giveBackMemoryAtRest', () => {
  it('looks each ten seconds', () => {
    const { look } = start();
    look(atWork);
    look(resting);
    expect(delays).toEqual([10_000, 10_000, 10_000]);
  });

  it('collects what the start left, as soon as the process rests', () => {
    const { look } = start();
    expect([look(atWork), look(resting)]).toEqual([0, 1]);
    expect(memory.resident).toBe(70 * MB);
  });

  it('collects no second time where nothing was done since', () => {
    const { look } = start();
    look(resting);
    expect([look(resting), look(resting)]).toEqual([0, 0]);
  });

  it('collects after work that made the process grow by 12 MB or more', () => {
    const { look } = start();
    look(resting);
    memory.resident = 81.9 * MB;
    expect(look(resting)).toBe(0);
    memory.resident = 82 * MB;
    expect(look(resting)).toBe(1);
  });

  it('disturbs no work', () => {
    const { look } = start();
    memory.resident = 300 * MB;
    expect([look(atWork), look(0.02), look(atWork)]).toEqual([0, 0, 0]);
  });

  it('leaves a heap alone whose collection would be a long standstill', () => {
    const { look } = start();
    memory.heap = 65 * MB;
    expect(look(resting)).toBe(0);
  });

  it('passes over a look that the system refuses for want of descriptors', () => {
    const { look } = start();
    isUnreadable = true;
    expect(look(resting)).toBe(0);
    isUnreadable = false;
    expect(look(resting)).toBe(1);
  });

  it('collects, and goes on, where the system refuses to tell what is left', () => {
    const { look } = start();
    whenCollecting = () => (isUnreadable = true);
    expect(look(resting)).toBe(1);
    [isUnreadable, whenCollecting] = [false, () => undefined];
    expect(look(resting)).toBe(1);
  });

  it('ends when it is told to', () => {
    const { look, close } = start();
    close();
    expect(look(resting)).toBe(0);
  });
});

describe('collectGarbage', () => {
  it('takes what nothing holds any more, and leaves no `gc` to others', async () => {
    let held: object | undefined = { text: 'of this test' };
    const seen = new WeakRef(held);
    held = undefined;
    // What a WeakRef was made of stays until the turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(seen.deref()).toBeUndefined();
    expect(runInNewContext('typeof gc')).toBe('undefined');
  });
});
