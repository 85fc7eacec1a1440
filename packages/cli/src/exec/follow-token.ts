import { setTimeout as delay } from 'node:timers/promises';
import type { GivenToken, TokenSource } from './given-token.ts';

const shortestMs = 200;
const longestMs = 30_000;

/** What happens to a token that is followed. */
export interface TokenWatch {
  /** The token was replaced. Awaited before the next check. */
  readonly onReplaced: (token: GivenToken) => Promise<void> | void;
  /** The token cannot be had. Called once, until it can be had again. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Checks repeatedly whether the token has been replaced, until `stop`: each tenth of the time that is left of its life, and at least every half minute, to see
 * a replacement also where an API refused the token.
 */
export async function followToken(
  source: TokenSource,
  name: string,
  first: GivenToken,
  watch: TokenWatch,
  stop: AbortSignal,
): Promise<void> {
  let current = first;
  let isTroubled = false;
  while (!stop.aborted) {
    const pause = Math.min(longestMs, Math.max(shortestMs, current.expiresInSeconds * 100));
    await delay(pause, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    try {
      const next = await source.get(name, stop);
      if (stop.aborted) return;
      if (next.fingerprint !== current.fingerprint) await watch.onReplaced(next);
      current = next;
      isTroubled = false;
    } catch (error) {
      if (!isTroubled && !stop.aborted) watch.onTrouble(error);
      isTroubled = true;
    }
  }
}
