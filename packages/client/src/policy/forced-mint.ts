import type { KeepingPolicy } from './keeping-policy.ts';

/** What is remembered of rejections (401) of one kept token; times on one clock, ms. */
export interface ForcedMintHistory {
  /** When the last forced mint began. */
  readonly lastForcedAt: number | undefined;
  /** Until when forced mints are refused. */
  readonly refusedUntil: number | undefined;
  /** How often in a row a forced mint's token was rejected too; a time without, as long as the longest refusal, ends the row. */
  readonly refusals: number;
}

/** The history of a kept token that was never rejected. */
export const noForcedMints: ForcedMintHistory = { lastForcedAt: undefined, refusedUntil: undefined, refusals: 0 };

/** Whether a rejected token is replaced before its time. */
export type ForcedMintDecision =
  | { readonly mayMint: true; readonly history: ForcedMintHistory }
  /** `isHopeless`: the successor of a rejected token was rejected too, so another one will not help. */
  | { readonly mayMint: false; readonly isHopeless: boolean; readonly refusedForMs: number; readonly history: ForcedMintHistory };

/**
 * Decides about a rejection of the held token at `now`. `heldForcedAt` is when the held token was minted if a rejection was the cause,
 * undefined if it came in the ordinary way.
 */
export function decideForcedMint(
  now: number,
  heldForcedAt: number | undefined,
  history: ForcedMintHistory,
  policy: KeepingPolicy,
): ForcedMintDecision {
  if (history.refusedUntil !== undefined && now < history.refusedUntil) {
    return { mayMint: false, isHopeless: false, refusedForMs: history.refusedUntil - now, history };
  }
  if (heldForcedAt !== undefined && now - heldForcedAt < policy.rejectedAfterMintMs) {
    // What was wrong a long time ago says nothing of today.
    const isForgotten = history.refusedUntil !== undefined && now - history.refusedUntil >= policy.forcedRefusalCapMs;
    const refusals = isForgotten ? 0 : history.refusals;
    const refusedForMs = Math.min(policy.forcedRefusalCapMs, policy.forcedRefusalMs * 2 ** refusals);
    return {
      mayMint: false,
      isHopeless: true,
      refusedForMs,
      history: { ...history, refusedUntil: now + refusedForMs, refusals: refusals + 1 },
    };
  }
  if (history.lastForcedAt !== undefined && now - history.lastForcedAt < policy.forcedMintFloorMs) {
    return { mayMint: false, isHopeless: false, refusedForMs: history.lastForcedAt + policy.forcedMintFloorMs - now, history };
  }
  return { mayMint: true, history: { ...history, lastForcedAt: now } };
}
