import type { Clock, Timer, TimerOptions } from '../clock.ts';
import { onAbort } from './shared-abort.ts';

/** The answer of a wait that ended before what it waited for. */
export const timeIsUp: unique symbol = Symbol('time is up');

interface Waiter {
  /** Monotonic ms. */
  readonly until: number;
  readonly leave: () => void;
}

/** Where callers wait for a mint: however many there are, they share one timer. One room is for those whom the process must not end without an answer. */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #timerOptions: TimerOptions;
  readonly #waiters = new Set<Waiter>();
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, timerOptions: TimerOptions = {}) {
    this.#clock = clock;
    this.#timerOptions = timerOptions;
  }

  /**
   * Waits for `work`, at most `ms`, and only as long as `signal` allows. The work goes on whatever becomes of the wait.
   * @throws the signal's reason when it is aborted, and whatever `work` rejects with.
   */
  wait<T>(work: Promise<T>, ms: number, signal?: AbortSignal): Promise<T | typeof timeIsUp> {
    if (signal?.aborted) {
      // Nobody else may be there to hear of its failure.
      work.catch(() => undefined);
      return Promise.reject(signal.reason);
    }
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        this.#waiters.delete(waiter);
        if (this.#waiters.size === 0) this.#cancelTimer();
        forgetSignal?.();
        end();
      };
      const waiter: Waiter = { until: this.#clock.monotonic() + ms, leave: () => settle(() => resolve(timeIsUp)) };
      const forgetSignal = signal && onAbort(signal, () => settle(() => reject(signal.reason)));
      work.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
      this.#waiters.add(waiter);
      this.#setTimer(waiter.until);
    });
  }

  #setTimer(at: number): void {
    if (at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    const ms = Math.max(1, Math.ceil(at - this.#clock.monotonic()));
    this.#timer = this.#clock.setTimer(() => this.#sendAway(), ms, this.#timerOptions);
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** Sends away whose patience has ended, and sets the timer for the next. */
  #sendAway(): void {
    this.#cancelTimer();
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const waiter of [...this.#waiters]) {
      if (waiter.until <= now) waiter.leave();
      else next = Math.min(next, waiter.until);
    }
    if (next < Number.POSITIVE_INFINITY) this.#setTimer(next);
  }
}

/** Those in the waiting room who wait for the same. */
export class Waiters {
  readonly #room: WaitingRoom;
  readonly #onChange: (isSomebodyHere: boolean) => void;
  #count = 0;

  /** `onChange` is called when the first one has come, and when the last one has what it came for. */
  constructor(room: WaitingRoom, onChange: (isSomebodyHere: boolean) => void) {
    this.#room = room;
    this.#onChange = onChange;
  }

  /** How many they are now. */
  get count(): number {
    return this.#count;
  }

  /** Does `work`, in which one of them waits once or more often, and takes what came of it. */
  async stay<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    if (this.#count === 1) this.#onChange(true);
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.#onChange(false);
    }
  }

  /** Waits as one of them; see {@link WaitingRoom.wait}. */
  wait<T>(work: Promise<T>, ms: number, signal?: AbortSignal): Promise<T | typeof timeIsUp> {
    return this.#room.wait(work, ms, signal);
  }
}
