import { setImmediate } from 'node:timers/promises';
import type { TokenKeeper } from '@evertoken/client';
import type { ManualClock } from './manual-clock.ts';

/** Ends when the event loop has turned once: whatever was settled has been told. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}

/** Ends when no kept token has a request on its way; needs an issuer that answers. */
export async function untilSettled(keeper: TokenKeeper): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  do {
    await setImmediate();
    if (performance.now() > giveUpAt) throw new Error('A request to the issuer is on its way for ten seconds: does the script answer?');
  } while (keeper.kept.some((kept) => kept.status().isMinting));
}

/**
 * Lets `ms` pass as they would for a process: from timer to timer, each mint coming to its end before time goes on.
 * `each` is called after every stop on the way.
 */
export async function passTime(clock: ManualClock, keeper: TokenKeeper, ms: number, each?: () => void | Promise<void>): Promise<void> {
  let left = ms;
  while (left > 0) {
    const step = Math.min(left, Math.max(1, clock.untilNextTimer ?? left));
    clock.advance(step);
    left -= step;
    await untilSettled(keeper);
    await each?.();
  }
}
