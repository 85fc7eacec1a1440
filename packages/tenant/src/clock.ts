import type { SetTimer } from '@evertoken/service';

export type { SetTimer, Timer } from '@evertoken/service';

/** Wall clock, milliseconds since the epoch. */
export type Now = () => number;

/** The clock of the machine. */
export const systemNow: Now = Date.now;

/** Timers of the machine; they keep no process alive. */
export const systemSetTimer: SetTimer = (wake, delayMs) => {
  const timer = setTimeout(wake, delayMs).unref();
  return { cancel: () => clearTimeout(timer) };
};
