import type { Clock } from '../clock.ts';

/** The answer of a wait that ended before what it waited for. */
export const timeIsUp: unique symbol = Symbol('time is up');

/**
 * Waits for `work`, at most `ms`, and only as long as `signal` allows. The work goes on whatever becomes of the wait.
 * @throws the signal's reason when it is aborted, and whatever `work` rejects with.
 */
export function waitAtMost<T>(work: Promise<T>, ms: number, clock: Clock, signal?: AbortSignal): Promise<T | typeof timeIsUp> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => settle(() => resolve(timeIsUp)), ms);
    const abort = () => settle(() => reject(signal?.reason));
    const settle = (end: () => void) => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      end();
    };
    signal?.addEventListener('abort', abort, { once: true });
    work.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
  });
}
