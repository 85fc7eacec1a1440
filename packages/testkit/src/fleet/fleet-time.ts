import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '@evertoken/client';

interface Act extends Timer {
  readonly at: number;
  /** Acts of the same moment come in the order they were asked for. */
  readonly order: number;
  play: (() => void) | undefined;
}

/** So often the event loop turns although nothing needs it: whoever waits for the process is heard. */
const TURN_EVERY = 20_000;

/** One time for a whole fleet: ms since its start, moved from act to act. Ten thousand clocks of nodes hang on it. */
export class FleetTime {
  readonly startedAt: number = Date.UTC(2026, 0, 1);
  /** Acts played so far. */
  played = 0;
  #nowMs = 0;
  #orders = 0;
  /** A binary heap, the next one first. */
  readonly #heap: Act[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Plays `play` once, `ms` from now. */
  in(ms: number, play: () => void): Timer {
    const act: Act = { at: this.#nowMs + ms, order: this.#orders, play, cancel: () => (act.play = undefined) };
    this.#orders += 1;
    this.#push(act);
    return act;
  }

  /** The clock of a node, whose wall clock is `aheadMs` ahead of the true time. */
  clock(aheadMs: number): Clock {
    const wall = this.startedAt + aheadMs;
    return {
      now: () => wall + this.#nowMs,
      monotonic: () => this.#nowMs,
      setTimer: (wake, delayMs) => this.in(delayMs, wake),
    };
  }

  /** Plays what falls due up to `endMs`, each act to its end before the next begins. */
  async runTo(endMs: number): Promise<void> {
    for (let act = this.#heap[0]; act !== undefined && act.at <= endMs; act = this.#heap[0]) {
      this.#pop();
      if (act.play === undefined) continue;
      this.#nowMs = Math.max(this.#nowMs, act.at);
      act.play();
      this.played += 1;
      // A tick comes when no promise has anything left to tell.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (this.played % TURN_EVERY === 0) await setImmediate();
    }
    this.#nowMs = endMs;
  }

  #push(act: Act): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(act);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Act;
      if (!isBefore(act, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = act;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, left)) below += 1;
      const child = heap[below] as Act;
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(one: Act, other: Act): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
