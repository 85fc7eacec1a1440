import type { Timer } from '../clock.ts';
import type { KeepingTools } from './minter.ts';

/** A store that did not take a token is offered it again after this, doubled with each further failure … */
const SHORTEST_PAUSE_MS = 30_000;
/** … and at most. */
const LONGEST_PAUSE_MS = 300_000;
/** A store that hangs is no reason to wait for the others' tokens. */
const LONGEST_SAVE_MS = 5_000;

/** What a store did not take. */
export interface Unsaved {
  /** Offers it again; true where nothing is left to be saved. Never rejects. */
  saveAgain(): Promise<boolean>;
}

/** The tokens of a keeper that its store did not take: it is offered them again, all with one timer. */
export class UnsavedTokens {
  readonly #tools: Pick<KeepingTools, 'clock' | 'events' | 'waitingRoom'>;
  /** Whether a timer may be set; else they are offered again when they are saved next, or closed. */
  readonly #isTimed: boolean;
  readonly #tokens = new Set<Unsaved>();
  #since = 0;
  #pauseMs = SHORTEST_PAUSE_MS;
  #timer: Timer | undefined;

  constructor(tools: Pick<KeepingTools, 'clock' | 'events' | 'waitingRoom'>, isTimed: boolean) {
    this.#tools = tools;
    this.#isTimed = isTimed;
  }

  get count(): number {
    return this.#tokens.size;
  }

  add(token: Unsaved): void {
    if (this.#tokens.size === 0) {
      this.#since = this.#tools.clock.monotonic();
      this.#pauseMs = SHORTEST_PAUSE_MS;
    }
    this.#tokens.add(token);
    if (this.#isTimed) this.#timer ??= this.#tools.clock.setTimer(() => void this.#offerAll(), this.#pauseMs);
  }

  /** The store has it now. */
  saved(token: Unsaved): void {
    if (this.#forget(token)) this.#tools.events.emit('storeRecovered', { downMs: this.#tools.clock.monotonic() - this.#since });
  }

  /** Nobody wants it saved any more. */
  abandon(token: Unsaved): void {
    this.#forget(token);
  }

  /** True where it was the last. */
  #forget(token: Unsaved): boolean {
    if (!this.#tokens.delete(token) || this.#tokens.size > 0) return false;
    this.#timer?.cancel();
    this.#timer = undefined;
    return true;
  }

  async #offerAll(): Promise<void> {
    // Of ten thousand tokens one is enough to see that the store is still away. The next look begins with another: one alone may be what it does not take.
    for (const token of [...this.#tokens]) {
      if (!this.#tokens.has(token)) continue;
      if ((await this.#tools.waitingRoom.wait(token.saveAgain(), LONGEST_SAVE_MS)) === true) continue;
      if (this.#tokens.delete(token)) this.#tokens.add(token);
      break;
    }
    this.#timer = undefined;
    if (this.#tokens.size === 0) return;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs);
    this.#timer = this.#tools.clock.setTimer(() => void this.#offerAll(), this.#pauseMs);
  }
}
