import { ManualClock } from '../manual-clock.ts';

/** A moment as the world and as the machine's two clocks have it; all ms since the start of the simulation. */
export interface Instant {
  /** The issuer's time: what really passed. */
  readonly trueMs: number;
  /** The machine's monotonic clock, which stands still while the machine sleeps. */
  readonly monoMs: number;
  /** The machine's wall clock, which somebody may set. */
  readonly wallMs: number;
}

const START = Date.UTC(2026, 0, 1);

/** True time beside the clock of a machine that sleeps and whose wall clock jumps. */
export class WorldTime {
  readonly clock: ManualClock = new ManualClock(START);
  /** When the machine slept or its wall clock was set for the last time, monotonic ms. */
  disturbedAt: number = Number.NEGATIVE_INFINITY;
  readonly #startMono: number = this.clock.monotonic();
  #sleptMs = 0;

  now(): Instant {
    const monoMs = this.clock.monotonic() - this.#startMono;
    return { trueMs: monoMs + this.#sleptMs, monoMs, wallMs: this.clock.now() - START };
  }

  /** The machine sleeps for `ms`. */
  sleep(ms: number): void {
    this.#sleptMs += ms;
    this.clock.suspend(ms);
    this.disturbedAt = this.now().monoMs;
  }

  /** Somebody sets the wall clock by `ms`, back where negative. */
  setWallBy(ms: number): void {
    this.clock.setWallBy(ms);
    this.disturbedAt = this.now().monoMs;
  }

  /** True time in the form of an HTTP date (RFC 9110 §5.6.7), `aheadMs` from now. */
  httpDate(aheadMs = 0): string {
    return new Date(START + this.now().trueMs + aheadMs).toUTCString();
  }

  /** Wall clock in ms since the start, of epoch ms. */
  wallMsOf(epochMs: number): number {
    return epochMs - START;
  }

  /** True time, epoch seconds. */
  epochSeconds(): number {
    return Math.floor((START + this.now().trueMs) / 1000);
  }
}

/** How long a machine says that passed since `then`: the larger of its clocks' readings. */
export function elapsedMs(then: Instant, now: Instant): number {
  return Math.max(now.wallMs - then.wallMs, now.monoMs - then.monoMs);
}

/** How long the machine slept from the start to `at`, ms. */
export function sleptMs(at: Instant): number {
  return at.trueMs - at.monoMs;
}

/** How far the wall clock is behind where it was at `then`, ms; negative where it was set forward. */
export function setBackMs(then: Instant, now: Instant): number {
  return then.wallMs - then.trueMs - (now.wallMs - now.trueMs);
}
