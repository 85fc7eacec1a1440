import { defaultPolicy } from '@evertoken/client';
import type { Holding } from './holding.ts';
import type { Instant } from './world-time.ts';

const { mintFloorMs, mintFloorShare } = defaultPolicy;

/** Whether a token that came is kept in place of the one that is held, and for how long the issuer is then left alone. */
export interface Succession {
  readonly isTaken: boolean;
  readonly isSame: boolean;
  readonly leastMs: number;
}

/** The longer-lived of two tokens is kept, a rejected one never against another. A gain of less than a tenth is no reason to ask again soon. */
export function promisedSuccession(held: Holding | undefined, isSuspect: boolean, minted: Holding, now: Instant): Succession {
  const { toldMs } = minted.delivery;
  const floorMs = Math.min(mintFloorMs, mintFloorShare * toldMs);
  if (held === undefined) return { isTaken: true, isSame: false, leastMs: floorMs };
  const isSame = held.value === minted.value;
  const gainMs = minted.leftMs(now) - held.leftMs(now);
  if (!isSame && (isSuspect || gainMs >= 0.1 * toldMs)) return { isTaken: true, isSame, leastMs: floorMs };
  const isTaken = gainMs > 0;
  return { isTaken, isSame, leastMs: Math.max(5_000, (isTaken ? minted : held).leftMs(now) / 2) };
}
