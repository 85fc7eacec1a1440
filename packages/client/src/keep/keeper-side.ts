import type { KeepingTools } from './minter.ts';
import type { Stores } from './token-copies.ts';

/** What the keeping of one token needs of the keeper of all. */
export interface KeeperSide<Keeping> {
  readonly tools: KeepingTools;
  readonly stores: Stores;
  /** Whether the keeper wakes its tokens; else they look at the clock when they are read. */
  readonly isTimed: boolean;
  /** `keeping` wants to be woken in `ms`. */
  wakeIn(keeping: Keeping, ms: number): void;
  /** Nobody reads `keeping` any more. */
  onIdle(keeping: Keeping): void;
  /** Somebody reads `keeping`, which is undeclared. */
  onRead(keeping: Keeping): void;
  /** Callers wait for `keeping` from now on, or none does any more. */
  onAwaited(keeping: Keeping, isAwaited: boolean): void;
  /** The program has done with `keeping`, which it ends. */
  onLeave(keeping: Keeping): Promise<void>;
}
