import type { Clock } from '../clock.ts';

/**
 * A moment to come, marked on both clocks; it is there when either says so. The monotonic clock stops while the machine sleeps, the wall clock can be
 * set back: the smaller reading of what is left is right through both.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #wall: number;
  readonly #monotonic: number;

  /** The moment is at `wall` (epoch ms) and `monotonic`. */
  constructor(clock: Clock, wall: number, monotonic: number) {
    this.#clock = clock;
    this.#wall = wall;
    this.#monotonic = monotonic;
  }

  /** The moment `ms` from now. */
  static in(clock: Clock, ms: number): Deadline {
    return new Deadline(clock, clock.now() + ms, clock.monotonic() + ms);
  }

  /** Milliseconds to go; below 0 when it has passed. */
  get leftMs(): number {
    return Math.min(this.#wall - this.#clock.now(), this.#monotonic - this.#clock.monotonic());
  }
}
