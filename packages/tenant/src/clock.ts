/** Wall clock, milliseconds since the epoch. */
export type Now = () => number;

/** The clock of the machine. */
export const systemNow: Now = Date.now;

/** A timer that is set. */
export interface Timer {
  /** No-op after it fired. */
  cancel(): void;
}

/** Calls `wake` once after `delayMs`. */
export type SetTimer = (wake: () => void, delayMs: number) => Timer;

/** Timers of the machine; they keep no process alive. */
export const systemSetTimer: SetTimer = (wake, delayMs) => {
  const timer = setTimeout(wake, delayMs).unref();
  return { cancel: () => clearTimeout(timer) };
};
