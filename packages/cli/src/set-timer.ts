import { clearTimeout, setTimeout } from 'node:timers';

/** Calls `wake` once after `delayMs`, unless it is cancelled; keeps no process alive. */
export function setTimer(wake: () => void, delayMs: number): { cancel(): void } {
  const timer = setTimeout(wake, delayMs).unref();
  return { cancel: () => clearTimeout(timer) };
}
