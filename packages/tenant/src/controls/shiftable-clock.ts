import type { Now } from '../clock.ts';

/** A clock that can be set forward and back. */
export class ShiftableClock {
  readonly #base: Now;
  #shiftMs = 0;

  constructor(base: Now) {
    this.#base = base;
  }

  readonly now: Now = () => this.#base() + this.#shiftMs;

  /** How far this clock is ahead of the one it is based on, ms; negative where it is behind. */
  get shiftMs(): number {
    return this.#shiftMs;
  }

  /** `ms` whole milliseconds, within a hundred years. */
  set(ms: number): void {
    this.#shiftMs = ms;
  }
}

/** Farthest that a clock is shifted either way, ms: a hundred years. */
export const farthestShiftMs: number = 100 * 365 * 86_400_000;
