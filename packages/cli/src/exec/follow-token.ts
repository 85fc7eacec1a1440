import { setTimeout as delay } from 'node:timers/promises';
import type { GivenToken, TokenSource } from './given-token.ts';

const shortestMs = 200;
const longestMs = 30_000;

/** What happens to a token that is followed. */
export interface TokenWatch {
  /** It was replaced. Awaited before the next look. */
  readonly onReplaced: (token: GivenToken) => Promise<void> | void;
  /** It could not be had; told once until it can be had again. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Looks again and again whether the token has been replaced, until `stop`: ten times in what is left of its life, at least every half minute, so that a
 * replacement for one that an API refused is seen too.
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
