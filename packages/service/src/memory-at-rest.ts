import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SetTimer } from './set-timer.ts';

/** What {@link giveBackMemoryAtRest} looks at. */
export interface MemoryReadings {
  /** Resident memory of the process. */
  readonly residentBytes: number;
  /** What is in use of V8's heap, garbage included. */
  readonly heapBytes: number;
  /** The share of the time since the last reading in which the event loop had work, 0 to 1. */
  readonly utilization: number;
}

// V8 makes its young generation smaller only where next to nothing was allocated in the seconds before.
const lookEveryMs = 10_000;
const restingUtilization = 0.02;
// A collection stands everything still for about a millisecond for each megabyte that stays.
const largestHeapBytes = 64_000_000;
const worthwhileBytes = 12_000_000;

/**
 * Lets a process that rests after work give back the memory which the work took: V8 collects garbage when something is allocated, so a busy minute would be
 * paid for as long as the process lives. Looks each ten seconds; collects where the event loop had work for less than a fiftieth of them, the process has
 * grown by 12 MB since the last time, and no more than 64 MB of the heap are in use. A look that the
 * system refuses is passed over. Timers are those of `setTimer`. Answers how to end it.
 */
export function giveBackMemoryAtRest(options: {
  readonly setTimer: SetTimer;
  readonly read?: () => MemoryReadings;
  readonly collect?: () => void;
}): { close(): void } {
  const { setTimer, read = ownReadings(), collect = collectGarbage } = options;
  // After the start there is garbage too.
  let settledAtBytes = 0;
  const look = (): void => {
    timer = setTimer(look, lookEveryMs);
    const readings = unlessRefused(read);
    if (readings === undefined) return;
    const { residentBytes, heapBytes, utilization } = readings;
    const isResting = utilization < restingUtilization;
    if (!isResting || heapBytes > largestHeapBytes || residentBytes < settledAtBytes + worthwhileBytes) return;
    collect();
    settledAtBytes = unlessRefused(read)?.residentBytes ?? settledAtBytes;
  };
  let timer = setTimer(look, lookEveryMs);
  return { close: () => timer.cancel() };
}

/** Node opens a file to read the memory of its process, and throws where no descriptor is free. The next look comes by itself. */
function unlessRefused(read: () => MemoryReadings): MemoryReadings | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function ownReadings(): () => MemoryReadings {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const { rss, heapUsed } = process.memoryUsage();
    return { utilization, residentBytes: rss, heapBytes: heapUsed };
  };
}

let collector: (() => void) | undefined;

/** Collects all garbage now. Node offers it to programs that were started with `--expose-gc`; a context made while the flag is set has it as well. */
export function collectGarbage(): void {
  collector ??= openCollector();
  collector();
  // Pages that the first one left half empty are merged, and given back, by one that follows at once.
  collector();
}

function openCollector(): () => void {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc') as () => void;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
