import type { Clock, Timer } from '@evertoken/client';

/** A clock that moves when told to. */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic = 1_000;
  readonly #timers = new Set<{ at: number; wake: () => void }>();

  /** `startAt` is the wall clock at first, epoch ms. */
  constructor(startAt: number = Date.UTC(2026, 0, 1)) {
    this.#wall = startAt;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(wake: () => void, delayMs: number): Timer {
    if (!(delayMs >= 0 && delayMs < 2 ** 31)) throw new RangeError(`A timer of ${delayMs} ms would not wait.`);
    const timer = { at: this.#monotonic + delayMs, wake };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Timers set and not yet fired or cancelled. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Milliseconds to the next timer; undefined where none is set. */
  get untilNextTimer(): number | undefined {
    const ats = [...this.#timers].map((timer) => timer.at);
    return ats.length === 0 ? undefined : Math.max(0, Math.min(...ats) - this.#monotonic);
  }

  /** Lets both clocks run for `ms` and fires what falls due, in order, at its own time. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    let firings = 0;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      firings = due.at > this.#monotonic ? 0 : firings + 1;
      if (firings > 10_000) throw new Error('Timers fire over and over while time stands still.');
      this.#moveTo(Math.max(due.at, this.#monotonic));
      due.wake();
    }
    this.#moveTo(end);
  }

  /** The machine sleeps for `ms`: the wall clock goes on, the monotonic one and the timers stand still. */
  suspend(ms: number): void {
    this.#wall += ms;
  }

  /** Somebody sets the wall clock by `ms`, back where negative. */
  setWallBy(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}
