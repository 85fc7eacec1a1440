import type { Timer } from '../clock.ts';
import type { StoreOperation } from '../events.ts';
import type { Lease, SharedTokenStore } from '../store/shared-token-store.ts';
import { Deadline } from './deadline.ts';
import type { KeepingTools } from './minter.ts';
import { timeIsUp } from './waiting-room.ts';

/** How long a store that failed is left alone at first, doubled with each further failure … */
const SHORTEST_PAUSE_MS = 5_000;
/** … and at most. */
const LONGEST_PAUSE_MS = 60_000;
/** Within this time after it is back, all that was missed is made up for: not at one moment. */
const CATCHING_UP_MS = 5_000;
/** All of them have had their answers by so long after the last moment. */
const TRIAL_MARGIN_MS = 500;
/** Asked for to see whether the store is back. No token is kept under it. */
const NO_KEY = '0'.repeat(64);
/** Where writing is what failed, a lease of this time is asked for, and given back at once. */
const PROBE_LEASE_MS = 1_000;

/** The answer of a store that fails, is too slow, or is left alone because it did. */
export const storeFailed: unique symbol = Symbol('the store failed');

/**
 * A keeper's dealings with a shared store: each is tried twice, for `policy.storeWaitMs` at most, and none is tried while the store is known to be
 * down.
 */
export class StoreLink {
  readonly store: SharedTokenStore;
  readonly #tools: KeepingTools;
  /** Whether timers may be set: what comes back is then noticed with nobody asking. */
  readonly #isTimed: boolean;
  readonly #catchUps = new Set<() => void>();
  readonly #timers = new Set<Timer>();
  /**
   * `isOfWriting`: something could not be written, as on a replica or where no memory is left. That reads are answered tells nothing then. `isOfSaving`: that
   * was a token. That leases are given tells little then.
   */
  #down: { readonly since: number; pauseMs: number; pause: Deadline; isOfWriting: boolean; isOfSaving: boolean } | undefined;
  /** Leases are given again: ends the time in which what was not saved is offered, as on a store that is back. It is once that came to no failure. */
  #trial: Timer | undefined;
  #isProbing = false;
  #isClosed = false;

  constructor(store: SharedTokenStore, tools: KeepingTools, isTimed: boolean) {
    this.store = store;
    this.#tools = tools;
    this.#isTimed = isTimed;
  }

  /** Whether the store failed, and has not done since what it failed to do: a store that is read and takes nothing is down. */
  get isDown(): boolean {
    return this.#down !== undefined;
  }

  /** Calls `catchUp` some time after the store has come back; the answer ends that. */
  onceBack(catchUp: () => void): () => void {
    this.#catchUps.add(catchUp);
    return () => this.#catchUps.delete(catchUp);
  }

  /** The answer to `ask`, which is waited for `waitMs` each time; `name` is the token that it is about. Never rejects. */
  async ask<T>(
    name: string,
    operation: StoreOperation,
    ask: () => Promise<T>,
    waitMs: number = this.#tools.policy.storeWaitMs,
  ): Promise<T | typeof storeFailed> {
    if (this.#isClosed || (this.#down !== undefined && this.#down.pause.leftMs > 0)) return storeFailed;
    // With no timer, what reads looks whether it can write again too: it may be long before it has something to write itself.
    if (!this.#isTimed && operation === 'load' && this.#down?.isOfWriting === true) void this.#probe(name);
    // One message that is lost is no store that is down: of ten thousand processes some would mint for themselves each time.
    const tries = this.#down === undefined ? 2 : 1;
    let failure = '';
    for (let tried = 0; tried < tries; tried += 1) {
      // Others have found out meanwhile.
      if (tried > 0 && (this.#isClosed || this.#down !== undefined)) return storeFailed;
      try {
        const answer = await this.#tools.waitingRoom.wait(ask(), waitMs);
        if (answer !== timeIsUp) {
          this.#learn(operation, answer);
          return answer;
        }
        failure = `The store did not answer within ${waitMs} ms.`;
      } catch (error) {
        failure = error instanceof Error ? error.message : 'unknown';
      }
    }
    return this.#fail(name, operation, failure);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#catchUps.clear();
  }

  #fail(name: string, operation: StoreOperation, message: string): typeof storeFailed {
    const { clock, events, random } = this.#tools;
    const down = this.#down;
    // Others that were asked at the same time fail for the same reason.
    if (this.#isClosed || (down !== undefined && down.pause.leftMs > 0)) return storeFailed;
    const pauseMs = down === undefined ? SHORTEST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, 2 * down.pauseMs);
    // Not all processes come back at the same moment either.
    const waitMs = pauseMs * (0.75 + 0.25 * random());
    const isOfWriting = down?.isOfWriting === true || operation !== 'load';
    const isOfSaving = down?.isOfSaving === true || operation === 'save';
    this.#down = { since: down?.since ?? clock.monotonic(), pauseMs, pause: Deadline.in(clock, waitMs), isOfWriting, isOfSaving };
    this.#endTrial();
    if (down === undefined) events.emit('storeDegraded', { name, operation, message, isShared: true });
    if (this.#isTimed) this.#later(waitMs + 1, () => void this.#probe(name));
    return storeFailed;
  }

  async #probe(name: string): Promise<void> {
    if (this.#down === undefined || this.#isProbing) return;
    this.#isProbing = true;
    const answer = this.#down.isOfWriting
      ? // Asked for once, and waited for as long as twice: a store that is up gives its leases within that time.
        await this.ask(name, 'lease', () => this.#leaseForProbe(), 2 * this.#tools.policy.storeWaitMs)
      : await this.ask(name, 'load', () => this.store.load(NO_KEY));
    this.#isProbing = false;
    // Another process has the lease at this moment, to see the same.
    const isUndecided = this.#down !== undefined && answer === undefined;
    if (isUndecided && this.#isTimed && !this.#isClosed)
      this.#later(PROBE_LEASE_MS * (1 + this.#tools.random()), () => void this.#probe(name));
  }

  #leaseForProbe(): Promise<Lease | undefined> {
    const acquiring = this.store.acquire(NO_KEY, PROBE_LEASE_MS);
    // Given back also where it comes too late. It ends by itself: that it is given back slowly says nothing of the leases that are needed.
    void acquiring.then((lease) => lease?.release()).catch(() => undefined);
    return acquiring;
  }

  #learn(operation: StoreOperation, answer: unknown): void {
    const down = this.#down;
    if (down === undefined || (down.isOfWriting && !showsWriting(operation, answer))) return;
    // With no timer, nothing is offered that could tell more.
    if (!down.isOfSaving || operation === 'save' || !this.#isTimed) this.#recover();
    // What was asked for before the failure is no sign.
    else if (down.pause.leftMs <= 0) this.#try();
  }

  /** A store that was back with each lease, and down with each token that is offered then, would be left alone for the shortest time for ever. */
  #try(): void {
    if (this.#trial !== undefined || this.#isClosed) return;
    this.#catchUp();
    // The last one to catch up reads, and then saves.
    this.#trial = this.#later(CATCHING_UP_MS + 2 * this.#tools.policy.storeWaitMs + TRIAL_MARGIN_MS, () => this.#recover());
  }

  #endTrial(): void {
    if (this.#trial === undefined) return;
    this.#trial.cancel();
    this.#timers.delete(this.#trial);
    this.#trial = undefined;
  }

  #recover(): void {
    const { clock, events } = this.#tools;
    if (this.#down === undefined || this.#isClosed) return;
    const downMs = clock.monotonic() - this.#down.since;
    const isCaughtUp = this.#trial !== undefined;
    this.#endTrial();
    this.#down = undefined;
    events.emit('storeRecovered', { downMs, isShared: true });
    if (this.#isTimed && !isCaughtUp) this.#catchUp();
  }

  #catchUp(): void {
    for (const catchUp of this.#catchUps) this.#later(this.#tools.random() * CATCHING_UP_MS, catchUp);
  }

  #later(ms: number, act: () => void): Timer {
    const timer = this.#tools.clock.setTimer(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }
}

/** Whether `answer` shows that the store takes something: others may have the lease, or have saved, with nothing written. */
function showsWriting(operation: StoreOperation, answer: unknown): boolean {
  return operation === 'save' ? answer !== false : operation === 'lease' && answer !== undefined;
}
