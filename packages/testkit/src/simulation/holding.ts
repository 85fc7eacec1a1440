import { defaultPolicy } from '@evertoken/client';
import type { Delivery } from './delivery.ts';
import { type Instant, setBackMs, sleptMs } from './world-time.ts';

/** The marks of a token's life as promised, each as remaining ms: due at the latest and at the earliest, urgent, no longer handed out. */
export interface PromisedMarks {
  readonly leadMs: number;
  readonly earliestMs: number;
  readonly urgentMs: number;
  readonly safetyMs: number;
}

const { leadShare, minLeadMs, jitterShare, urgentMs, urgentShare, safetyShare, minSafetyMs, maxSafetyMs } = defaultPolicy;

/** The marks of a token that lives `lifetimeMs`, as the design states them. */
export function promisedMarks(lifetimeMs: number): PromisedMarks {
  const leadMs = Math.max(leadShare * lifetimeMs, Math.min(minLeadMs, lifetimeMs / 2));
  const safetyMs = Math.min(maxSafetyMs, Math.max(minSafetyMs, safetyShare * lifetimeMs), lifetimeMs / 4);
  return { leadMs, earliestMs: leadMs * (1 + jitterShare), urgentMs: Math.min(urgentMs, urgentShare * lifetimeMs), safetyMs };
}

/** A token as a keeper holds it, by what the keeper can know. */
export class Holding {
  readonly delivery: Delivery;
  readonly marks: PromisedMarks;
  /** When its minting began, monotonic ms, if a rejection was the cause. */
  readonly forcedAtMs: number | undefined;
  readonly #wallEndMs: number;
  readonly #monoEndMs: number;
  readonly #since: Instant;

  private constructor(delivery: Delivery, wallEndMs: number, monoEndMs: number, since: Instant, forcedAtMs: number | undefined) {
    this.delivery = delivery;
    this.marks = promisedMarks(delivery.toldMs);
    this.forcedAtMs = forcedAtMs;
    this.#wallEndMs = wallEndMs;
    this.#monoEndMs = monoEndMs;
    this.#since = since;
  }

  /** Just answered: the life counts from when it was asked for, on both clocks. */
  static minted(delivery: Delivery, forcedAtMs: number | undefined): Holding {
    const { asked, toldMs } = delivery;
    return new Holding(delivery, asked.wallMs + toldMs, asked.monoMs + toldMs, asked, forcedAtMs);
  }

  /** Taken from a store, where the wall clock alone tells; undefined where its times cannot be believed or it is no longer usable. */
  static adopted(delivery: Delivery, now: Instant): Holding | undefined {
    const wallEndMs = delivery.asked.wallMs + delivery.toldMs;
    const leftMs = wallEndMs - now.wallMs;
    if (leftMs > delivery.toldMs + 60_000 || leftMs <= promisedMarks(delivery.toldMs).safetyMs) return undefined;
    return new Holding(delivery, wallEndMs, now.monoMs + leftMs, now, undefined);
  }

  get value(): string {
    return this.delivery.value;
  }

  /** What is left of it by the more cautious of the machine's clocks. */
  leftMs(now: Instant): number {
    return Math.min(this.#wallEndMs - now.wallMs, this.#monoEndMs - now.monoMs);
  }

  isUsable(now: Instant): boolean {
    return this.leftMs(now) > this.marks.safetyMs;
  }

  /**
   * By how much no client can help to be wrong about what is left, ms. One clock that fails is made good by the other: the monotonic one misses the
   * machine's sleep, the wall clock what it was set back, and only both together deceive, by the smaller of the two. A token from the store is judged by
   * the wall clock alone, so that what this was set back before the restart counts with the sleep.
   */
  excuseMs(now: Instant): number {
    const backBefore = setBackMs(this.delivery.asked, this.#since);
    const slept = sleptMs(now) - sleptMs(this.#since);
    return Math.max(0, Math.min(setBackMs(this.delivery.asked, now), backBefore + slept));
  }
}
