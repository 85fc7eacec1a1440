import { setTimeout as delay } from 'node:timers/promises';
import { graceMs } from './child-program.ts';
import type { SignalRelay } from './signal-relay.ts';

/** The time that is waited by: monotonic ms, and a wait that ends early where it is aborted. */
export interface Time {
  now(): number;
  pause(ms: number, stop: AbortSignal): Promise<void>;
}

const ownTime: Time = {
  now: () => performance.now(),
  pause: (ms, stop) => delay(ms, undefined, { signal: stop }).catch(() => undefined),
};

/**
 * Waits until a program that got a hangup has had the time to end because of it, or `stop`. Who lives on has taken it for something else, such as a reload.
 * Answers whether it may be started again: never once it has been told to end, however long it takes to finish what it is at.
 */
export async function untilSurvived(
  signals: Pick<SignalRelay, 'isToEnd' | 'lastHangup'>,
  stop: AbortSignal,
  { now, pause }: Time = ownTime,
): Promise<boolean> {
  for (;;) {
    if (signals.isToEnd || stop.aborted) return false;
    const leftMs = signals.lastHangup + graceMs - now();
    if (leftMs <= 0) return true;
    await pause(leftMs, stop);
  }
}
