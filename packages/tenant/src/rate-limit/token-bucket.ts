/** How much a bucket holds, and what flows into it at the top of each window. */
export interface BucketSize {
  /** Requests that a full bucket allows at once. */
  readonly capacity: number;
  /** Requests that each window brings back. */
  readonly refill: number;
  /** Windows begin at whole multiples of this since the epoch. */
  readonly windowMs: number;
}

/** How a bucket stands, as the headers `X-RateLimit-*` tell it. */
export interface BucketStanding {
  readonly limit: number;
  readonly remaining: number;
  /** Unix second at which the bucket is full again; where it is full, the end of this window. */
  readonly resetSeconds: number;
}

/** A token bucket that is refilled at the top of fixed windows, as Auth0 has them. */
export class TokenBucket {
  readonly size: BucketSize;
  #left: number;
  #window = Number.NEGATIVE_INFINITY;

  constructor(size: BucketSize) {
    this.size = size;
    this.#left = size.capacity;
  }

  /** Requests that it allows at this moment. */
  left(nowMs: number): number {
    const window = Math.floor(nowMs / this.size.windowMs);
    if (window > this.#window && this.#window !== Number.NEGATIVE_INFINITY) {
      this.#left = Math.min(this.size.capacity, this.#left + (window - this.#window) * this.size.refill);
    }
    // Also where it is less: a clock that was set back brings nothing by that, and what comes after it counts from there.
    this.#window = window;
    return this.#left;
  }

  /** Takes one request out; only where `left` says that there is one. */
  take(nowMs: number): void {
    if (this.left(nowMs) > 0) this.#left -= 1;
  }

  standing(nowMs: number): BucketStanding {
    const { capacity, refill, windowMs } = this.size;
    const remaining = this.left(nowMs);
    const windows = Math.max(1, Math.ceil((capacity - remaining) / refill));
    return { limit: capacity, remaining, resetSeconds: Math.ceil(((Math.floor(nowMs / windowMs) + windows) * windowMs) / 1000) };
  }
}
