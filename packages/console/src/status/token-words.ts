import type { TokenStanding } from '@evertoken/agent/contract';
import { durationWords } from '../parts/time-words.ts';

/** How urgently a person should look: nothing to do, something under way, something wrong. */
export type Concern = 'good' | 'watch' | 'bad';

/** The state of a token in a word or two, and what that means. */
export function stateWords({ state, isSuspect, isMinting, failure }: TokenStanding): { word: string; meaning: string; concern: Concern } {
  if (isSuspect) return { word: 'refused', meaning: 'An API answered 401 to it; it is being replaced.', concern: 'bad' };
  switch (state) {
    case 'fresh':
      if (failure !== null) return { word: 'fresh', meaning: 'Programs have it; the last attempt to replace it failed.', concern: 'watch' };
      return { word: 'fresh', meaning: 'Programs get it at once.', concern: 'good' };
    case 'due':
      if (failure !== null)
        return { word: 'due', meaning: 'Programs get it at once; its successor could not be had yet.', concern: 'watch' };
      return { word: 'due', meaning: 'Programs get it at once; its successor is on its way.', concern: isMinting ? 'good' : 'watch' };
    case 'urgent':
      return { word: 'urgent', meaning: 'It ends soon: programs wait a little for its successor.', concern: 'bad' };
    case 'expired':
      return { word: 'expired', meaning: 'Programs get none until its successor is there.', concern: 'bad' };
    case 'empty':
      if (failure === null && isMinting)
        return { word: 'asked for', meaning: 'The issuer is being asked for the first one.', concern: 'watch' };
      return { word: 'none', meaning: 'Programs get none.', concern: 'bad' };
  }
}

/** How long it is good, and what that is worth. */
export function runwayWords({ held }: TokenStanding, now: number): { left: string; survives: string } {
  if (held === null || now >= held.usableUntil) return { left: 'nothing to hand out', survives: 'no outage' };
  // What is held when its successor is due: that much the issuer may be away without anybody noticing.
  const outageMs = held.usableUntil - Math.max(now, held.dueAt);
  return { left: `${durationWords(held.expiresAt - now)} left`, survives: `an outage of ${durationWords(outageMs)}` };
}

/** Whether a person should look at it. */
export function needsLook(token: TokenStanding): boolean {
  return stateWords(token).concern !== 'good';
}
