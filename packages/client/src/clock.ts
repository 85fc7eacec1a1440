/** A timer that has been set and may be taken back. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as the keeper sees it; the only door to `Date` and timers.
 * Tests pass a manual one, so that a year can pass in a second.
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump. */
  now(): number;
  /** Milliseconds that never go back and have no fixed origin. May stop while the machine sleeps. */
  monotonic(): number;
  /** Calls `wake` once, no earlier than `delayMs` (0…2^31−1) from now. Keeps no process alive, unless it `keepsAlive`: then somebody waits for it. */
  setTimer(wake: () => void, delayMs: number, options?: TimerOptions): Timer;
}

/** How a timer is set. */
export interface TimerOptions {
  /** Whether the process is not to end before it. Default false. */
  readonly keepsAlive?: boolean;
}

/** Number in [0, 1), drawn for jitter. */
export type Random = () => number;

// A longer one would fire at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(wake, delayMs, { keepsAlive = false } = {}) {
    const handle: unknown = setTimeout(wake, Math.min(delayMs, LONGEST_TIMER_MS));
    // A number where timers are no objects (workers, browsers): nothing to unref there.
    if (!keepsAlive && typeof handle === 'object') (handle as { unref?: () => void }).unref?.();
    return { cancel: () => clearTimeout(handle as never) };
  },
};
