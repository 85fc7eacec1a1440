import { type Clock, isTokenError } from '@evertoken/client';
import { pause } from '../pause.ts';
import type { BookedToken } from './booked-token.ts';

/**
 * Waits until each of `tokens` is usable, through failures that may pass by themselves.
 * @throws {TokenError} the first failure that will not pass by itself; or the reason of `signal`.
 */
export async function untilReady(tokens: readonly BookedToken[], clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  await Promise.all(tokens.map((token) => untilUsable(token, clock, signal)));
}

async function untilUsable(token: BookedToken, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    try {
      await token.get(signal === undefined ? {} : { signal });
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTokenError(error) || !error.retryable) throw error;
      await pause(clock, Math.max(250, error.retryAfterMs ?? 1_000), signal);
    }
  }
}
