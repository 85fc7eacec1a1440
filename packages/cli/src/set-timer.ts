import { clearTimeout, setTimeout } from 'node:timers';
import type { SetTimer } from '@evertoken/service';

/** Calls `wake` once after `delayMs`, unless it is cancelled; keeps no process alive. */
export const setTimer: SetTimer = (wake, delayMs) => {
  const timer = setTimeout(wake, delayMs).unref();
  return { cancel: () => clearTimeout(timer) };
};
