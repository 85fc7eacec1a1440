import type { SharedTokenStore } from './shared-token-store.ts';

/** What {@link FleetTokenStore.rotate} found. */
export interface Rotation {
  /** Records that are sealed with the first key now and were not before. */
  readonly resealed: number;
  /** Records that were. */
  readonly current: number;
  /** Records that none of the keys opens. */
  readonly unreadable: number;
}

/** A store that processes share through a server of others, with what people ask of it. */
export interface FleetTokenStore extends SharedTokenStore {
  /**
   * Since the store was opened: records that could not be read, records whose token had ended by this machine's clock alone, requests to it that failed, and
   * leases that another process had when they were asked for.
   */
  readonly counts: { readonly unreadable: number; readonly endedHere: number; readonly failed: number; readonly leaseWaits: number };
  /** Uses all that the store needs once. Rejects with what is to be mended. */
  check(): Promise<void>;
  /** Seals with the first key what the second one sealed; then the second one may go. Safe while others read and write. */
  rotate(): Promise<Rotation>;
}
