import { setImmediate } from 'node:timers/promises';
import { isTokenError, type KeptToken, MemoryStore, TokenKeeper, type TokenKeeperOptions } from '@evertoken/client';
import { type Act, Agenda } from './agenda.ts';
import { type Accuse, BrokenPromise } from './broken-promise.ts';
import { CallerWatch } from './caller-watch.ts';
import { IssuerHealth } from './issuer-health.ts';
import { needsMachine, playHappening, type Stage } from './play-happening.ts';
import { PromisedPace } from './promised-pace.ts';
import { seededRandom } from './seeded-random.ts';
import { SimulatedIssuer } from './simulated-issuer.ts';
import { WorldTime } from './world-time.ts';
import type { YearScript } from './year-script.ts';

const DAY = 86_400_000;

/** What a simulated year saw; shows that it was not an empty one. */
export interface YearReport {
  readonly days: number;
  readonly requests: number;
  readonly tokens: number;
  /** Mints that a rejection forced. */
  readonly forced: number;
  readonly served: number;
  /** Callers who failed, each for a reason. */
  readonly failed: number;
}

/** What is simulated: the keeper, or a faulty one that shows what the checks find. */
export type KeeperMaker = (options: TokenKeeperOptions) => TokenKeeper;

/**
 * Plays `script` with the real client, a manual clock and an issuer without sockets, and checks the promises of token keeping at every stop.
 * Ends before its time at `endMs`.
 * @throws {BrokenPromise} the first that does not hold, with its time.
 */
export async function simulateYear(
  script: YearScript,
  makeKeeper: KeeperMaker = (options) => new TokenKeeper(options),
  endMs: number = Number.POSITIVE_INFINITY,
): Promise<YearReport> {
  const year = new SimulatedYear(script, makeKeeper);
  const surface = (reason: unknown) => year.accuse('unhandled_rejection', 'a promise was rejected and nobody listened', reason);
  process.on('unhandledRejection', surface);
  try {
    return await year.play(Math.min(endMs, script.days * DAY));
  } finally {
    process.off('unhandledRejection', surface);
  }
}

class SimulatedYear implements Stage {
  readonly time: WorldTime = new WorldTime();
  readonly pace: PromisedPace;
  readonly issuer: SimulatedIssuer;
  readonly callers: CallerWatch;
  kept: KeptToken;
  readonly #script: YearScript;
  readonly #health: IssuerHealth;
  readonly #store = new MemoryStore();
  readonly #agenda = new Agenda();
  readonly #random: () => number;
  readonly #makeKeeper: KeeperMaker;
  #keeper: TokenKeeper;
  #broken: BrokenPromise | undefined;
  #awakeAt = 0;
  #nextReadAt: number;
  #forcedBefore: number | undefined;

  constructor(script: YearScript, makeKeeper: KeeperMaker) {
    const { seed, lifetimeSeconds, told, latencyMs, schedule, maxSleepMs, readEveryMs, happenings } = script;
    this.#script = script;
    this.#makeKeeper = makeKeeper;
    this.#random = seededRandom(seed);
    this.pace = new PromisedPace(this.time, this.accuse);
    this.issuer = new SimulatedIssuer(this.time, this.pace, { seconds: lifetimeSeconds, told }, latencyMs);
    this.#health = new IssuerHealth(this.time, this.pace, this.accuse, { isTimed: schedule === 'timer', maxSleepMs });
    this.callers = new CallerWatch(this.time, this.pace, this.#health, this.accuse);
    this.#nextReadAt = readEveryMs ?? Number.POSITIVE_INFINITY;
    for (const happening of happenings) {
      this.#agenda.add({ at: happening.at, needsMachine: needsMachine(happening), play: () => playHappening(happening, this) });
    }
    this.#keeper = this.#newKeeper();
    this.kept = this.#keep();
  }

  readonly accuse: Accuse = (code, what, cause) => {
    this.#broken ??= new BrokenPromise(code, this.time.now().trueMs, what, cause);
  };

  async play(end: number): Promise<YearReport> {
    try {
      this.#note();
      await this.#settle();
      for (let act = this.#agenda.next(end); act !== undefined; act = this.#agenda.next(end)) await this.#perform(act);
      await this.#passUntil(end);
    } finally {
      await this.#close();
    }
    this.#stopIfBroken();
    const { requests, tokens, forced } = this.pace.counts;
    return { days: this.#script.days, requests, tokens, forced, ...this.callers.counts };
  }

  later(ms: number, who: 'machine' | 'world', play: () => void | Promise<void>): void {
    this.#agenda.add({ at: this.time.now().trueMs + ms, needsMachine: who === 'machine', play });
  }

  sleepFor(ms: number): void {
    this.#awakeAt = this.time.now().trueMs + ms;
  }

  give(secrets: readonly string[]): void {
    this.pace.give(secrets);
    this.kept = this.#keep();
  }

  async restart(): Promise<void> {
    await this.#close();
    this.pace.restart();
    // Where tokens are minted on access, the first caller has the store looked into.
    if (this.#script.schedule === 'timer') this.pace.adopt();
    this.#health.restart();
    this.#keeper = this.#newKeeper();
    this.kept = this.#keep();
  }

  expectForcedMint(): void {
    this.#forcedBefore = this.pace.counts.forced;
  }

  async #perform(act: Act): Promise<void> {
    await this.#passUntil(act.at);
    if (act.needsMachine && this.time.now().trueMs < this.#awakeAt) {
      this.#agenda.add({ ...act, at: this.#awakeAt });
      return;
    }
    await act.play();
    this.#note();
    await this.#settle();
    if (this.#forcedBefore !== undefined && this.pace.counts.forced === this.#forcedBefore) {
      this.accuse('rejection_ignored', 'the held token was rejected, a successor is allowed, and none was asked for');
    }
    this.#forcedBefore = undefined;
    this.pace.rejections.end();
    this.pace.demandedMs = 0;
    this.#look();
  }

  /** Lets time pass, from timer to timer and from one steady caller to the next. */
  async #passUntil(trueMs: number): Promise<void> {
    const { clock } = this.time;
    let stopsWithoutTime = 0;
    for (let now = this.time.now().trueMs; now < trueMs; now = this.time.now().trueMs) {
      if (now < this.#awakeAt) {
        this.time.sleep(Math.min(trueMs, this.#awakeAt) - now);
        this.#look();
        continue;
      }
      const stepMs = Math.min(trueMs - now, clock.untilNextTimer ?? Number.POSITIVE_INFINITY, Math.max(0, this.#nextReadAt - now));
      stopsWithoutTime = stepMs > 0 ? 0 : stopsWithoutTime + 1;
      if (stopsWithoutTime > 10_000) throw new Error('Timers fire over and over while time stands still.');
      const wasQuiet = this.issuer.pending === 0 && this.callers.waiting.size === 0;
      clock.advance(stepMs);
      // A timer that fires either sets the next one and that was all, or begins a mint and sets none.
      if (!wasQuiet || (clock.timers !== 1 && this.#isBusy)) await this.#settle();
      if (this.time.now().trueMs >= this.#nextReadAt) await this.#read();
      this.#look();
    }
  }

  async #read(): Promise<void> {
    this.#nextReadAt = this.time.now().trueMs + (this.#script.readEveryMs ?? Number.POSITIVE_INFINITY);
    this.callers.get(this.kept);
    await this.#settle();
  }

  /** Something real is going on: a mint that does not wait for the issuer, a caller who waits for no mint or for one that has ended. */
  get #isBusy(): boolean {
    const { isMinting, waiters } = this.kept.status();
    return isMinting ? this.issuer.pending === 0 || waiters < this.callers.waiting.size : this.callers.waiting.size > 0;
  }

  /** Ends when all that is left waits for time to pass. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 64; turn += 1) {
      await undefined;
      if (turn % 16 === 15 && !this.#isBusy) break;
    }
    const giveUpAt = performance.now() + 10_000;
    while (this.#isBusy || this.#isLoading) {
      await setImmediate();
      if (performance.now() > giveUpAt) throw new Error('The keeper does not come to rest.');
    }
    this.callers.lookAtOnce();
  }

  /** A new keeper first looks into its store. */
  get #isLoading(): boolean {
    if (this.#script.schedule === 'on-access') return false;
    const { token, isMinting, lastFailure } = this.kept.status();
    return token === undefined && !isMinting && lastFailure === undefined;
  }

  /** Looks at everything that must hold at any time. */
  #look(): void {
    const held = this.kept.peek();
    if (held !== undefined) this.callers.given(held.accessToken);
    this.callers.look();
    this.#health.look();
    const isQuiet = this.issuer.pending === 0 && this.callers.waiting.size === 0;
    const most = this.#script.schedule === 'timer' ? 1 : 0;
    if (isQuiet && this.time.clock.timers > most) {
      this.accuse('extra_timer', `${this.time.clock.timers} timers are set where nothing is under way, ${most} is the most`);
    }
    this.#stopIfBroken();
  }

  #note(): void {
    const { issuer, pace } = this;
    this.#health.note({ isWell: issuer.serves(pace.secrets), isRepeating: issuer.repeats });
  }

  #stopIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  #newKeeper(): TokenKeeper {
    const { clock } = this.time;
    const { maxSleepMs, schedule } = this.#script;
    return this.#makeKeeper({
      clock,
      random: this.#random,
      store: this.#store,
      schedule,
      fetch: this.issuer.fetch,
      policy: { maxSleepMs },
    });
  }

  #keep(): KeptToken {
    return this.#keeper.keep({
      tokenEndpoint: 'https://issuer.example.com/oauth/token',
      clientId: 'worker',
      clientSecret: this.pace.secrets,
      audience: 'https://orders.example.com',
    });
  }

  async #close(): Promise<void> {
    await this.#keeper.close();
    // What callers were told becomes known a turn later, as does a rejection that nobody heard.
    await setImmediate();
    const { clock } = this.time;
    if (this.callers.waiting.size > 0) this.accuse('left_after_close', `${this.callers.waiting.size} callers still wait`);
    if (clock.timers > 0) this.accuse('left_after_close', `${clock.timers} timers are left`);
    const answer = await this.kept.get().catch((error: unknown) => error);
    if (!isTokenError(answer) || answer.code !== 'closed') this.accuse('left_after_close', 'a closed keeper still gives tokens');
  }
}
