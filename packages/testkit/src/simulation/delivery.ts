import type { Instant } from './world-time.ts';

/** A token as the issuer handed it out. */
export interface Delivery {
  readonly value: string;
  /** When it really ends, true ms. */
  readonly endTrueMs: number;
  /** The lifetime that the client can know of, ms. */
  readonly toldMs: number;
  /** When it was asked for. */
  readonly asked: Instant;
}
