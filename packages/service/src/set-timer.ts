import { clearTimeout, setTimeout } from 'node:timers';

/** A timer that is set. */
export interface Timer {
  /** Does nothing once the timer has fired. */
  cancel(): void;
}

/** Calls `wake` once after `delayMs`, unless the timer is cancelled before. */
export type SetTimer = (wake: () => void, delayMs: number) => Timer;

/** Timers of the machine; they keep no process alive. */
export const systemSetTimer: SetTimer = (wake, delayMs) => {
  const timer = setTimeout(wake, delayMs).unref();
  return { cancel: () => clearTimeout(timer) };
};
