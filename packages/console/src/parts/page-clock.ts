/** Time as a page sees it; the only door to `Date` and timers. */
export interface PageClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `wake` once, no earlier than `delayMs` from now. */
  setTimer(wake: () => void, delayMs: number): { cancel(): void };
}

/** The clock of this machine. */
export const browserClock: PageClock = {
  now: () => Date.now(),
  setTimer(wake, delayMs) {
    const handle = setTimeout(wake, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
