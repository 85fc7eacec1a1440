import type { TokenState } from '../status.ts';
import type { KeepingPolicy } from './keeping-policy.ts';

/** Most of a token's life that may be asked of it, and before which it is due at the earliest, jitter apart. */
const HALF_LIFE = 0.5;
/** The safety margin is never more of its life than this: a token of a second or two must be usable for most of it all the same. */
const LARGEST_SAFETY_SHARE = 0.25;
/** A new token that lives longer than the held one by less than this share of its life is as good as the same one. */
const SMALLEST_GAIN_SHARE = 0.1;
/** So long as that, at most, is not worth another process's token, ms. */
const LARGEST_SMALL_GAIN_MS = 5_000;
/** An issuer that hands out the same token again is asked no sooner than after this, ms. */
const SOONEST_REPEAT_MS = 5_000;

/** The marks in a token's life, each as the remaining milliseconds at which it is reached. */
export interface Marks {
  readonly lifetimeMs: number;
  /** Remaining life at which its successor is minted; jitter included. */
  readonly dueMs: number;
  /** Remaining life from which a caller rather waits a little. */
  readonly urgentMs: number;
  /** Remaining life from which it is no longer handed out. */
  readonly safetyMs: number;
}

/**
 * The marks of a token that lives `lifetimeMs`. `r` in [0, 1) is drawn once when the token is taken up: a jitter drawn anew at each look
 * would always come out as its earliest value under load.
 */
export function marksOf(lifetimeMs: number, r: number, policy: KeepingPolicy): Marks {
  const lead = Math.max(policy.leadShare * lifetimeMs, Math.min(policy.minLeadMs, HALF_LIFE * lifetimeMs));
  const jitter = policy.jitterShare * lead * r;
  const safety = Math.min(policy.maxSafetyMs, Math.max(policy.minSafetyMs, policy.safetyShare * lifetimeMs));
  return {
    lifetimeMs,
    dueMs: lead + jitter,
    urgentMs: Math.min(policy.urgentMs, policy.urgentShare * lifetimeMs),
    safetyMs: Math.min(safety, LARGEST_SAFETY_SHARE * lifetimeMs),
  };
}

/** The state of a held token with `remainingMs` to live. */
export function stateOf(remainingMs: number, marks: Marks): Exclude<TokenState, 'empty'> {
  if (remainingMs <= marks.safetyMs) return 'expired';
  if (remainingMs <= marks.urgentMs) return 'urgent';
  if (remainingMs <= marks.dueMs) return 'due';
  return 'fresh';
}

/** Whether a token may be handed out in `state`. */
export function isUsable(state: TokenState): boolean {
  return state === 'fresh' || state === 'due' || state === 'urgent';
}

/** How much of `askedMs` may be asked of a token that lives `lifetimeMs`: half its life at most. */
export function mostToAsk(askedMs: number, lifetimeMs: number): number {
  return Math.min(askedMs, HALF_LIFE * lifetimeMs);
}

/** The least time between two mints of a request whose tokens live `lifetimeMs`. */
export function mintFloorOf(lifetimeMs: number, policy: KeepingPolicy): number {
  return Math.min(policy.mintFloorMs, policy.mintFloorShare * lifetimeMs);
}

/** What to do with a token that came while another one is held. */
export type Succession =
  | { readonly keep: 'new' }
  /** The issuer handed out (nearly) the same token again; the next try is `retryInMs` from now, so that it does not become a loop. */
  | { readonly keep: 'held' | 'new'; readonly retryInMs: number };

/** What the succession of one token by another depends on; times in ms. */
export interface TokenLife {
  readonly fingerprint: string;
  readonly lifetimeMs: number;
  readonly remainingMs: number;
}

/** Compares a newly minted token with the one held; a suspect one loses to any other. */
export function successionOf(held: TokenLife, isSuspect: boolean, minted: TokenLife): Succession {
  const isSame = held.fingerprint === minted.fingerprint;
  if (isSuspect && !isSame) return { keep: 'new' };
  // What is left by both clocks, not the ends by the wall clock: that may have been set between the two.
  const gainMs = minted.remainingMs - held.remainingMs;
  if (!isSame && gainMs >= SMALLEST_GAIN_SHARE * minted.lifetimeMs) return { keep: 'new' };
  const keep = gainMs > 0 ? 'new' : 'held';
  const { remainingMs } = keep === 'new' ? minted : held;
  return { keep, retryInMs: Math.max(SOONEST_REPEAT_MS, remainingMs / 2) };
}

/** A token's life and when it was asked for, epoch ms. */
export interface DatedLife extends TokenLife {
  readonly askedAt: number;
}

/** Whether a token that another process minted is to be held in place of the one that is. */
export function isAdoptable(held: DatedLife, isSuspect: boolean, stored: DatedLife): boolean {
  if (held.fingerprint === stored.fingerprint) return false;
  if (isSuspect && stored.askedAt > held.askedAt) return true;
  return stored.remainingMs - held.remainingMs >= Math.min(LARGEST_SMALL_GAIN_MS, SMALLEST_GAIN_SHARE * stored.lifetimeMs);
}
