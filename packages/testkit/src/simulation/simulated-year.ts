import { TokenKeeper as Keeper, type TokenKeeper } from '@evertoken/client';
import { type Act, Agenda } from './agenda.ts';
import { type Accuse, BrokenPromise } from './broken-promise.ts';
import { IssuerRules } from './issuer-rules.ts';
import { needsMachine, playHappening, type Stage } from './play-happening.ts';
import { seededRandom } from './seeded-random.ts';
import { SimulatedIssuer } from './simulated-issuer.ts';
import { type KeeperMaker, SimulatedProcess } from './simulated-process.ts';
import { SimulatedStore } from './simulated-store.ts';
import { SimulatedToken } from './simulated-token.ts';
import { judgeStatus } from './status-watch.ts';
import { learnStoreKeys } from './store-keys.ts';
import { WorldTime } from './world-time.ts';
import { reportOf, type YearReport } from './year-report.ts';
import type { IssuerName, YearScript } from './year-script.ts';

const DAY = 86_400_000;
const aKeeper: KeeperMaker = (options): TokenKeeper => new Keeper(options);

/**
 * Plays `script` with the real client, a manual clock and issuers without sockets, and checks the promises of token keeping at every stop.
 * Ends before its time at `endMs`.
 * @throws {BrokenPromise} the first that does not hold, with its time.
 */
export async function simulateYear(
  script: YearScript,
  makeKeeper: KeeperMaker = aKeeper,
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
  readonly store: SimulatedStore = new SimulatedStore(this.time);
  readonly tokens: readonly SimulatedToken[];
  readonly process: SimulatedProcess;
  readonly #script: YearScript;
  readonly #issuers: Readonly<Record<IssuerName, SimulatedIssuer>>;
  readonly #agenda = new Agenda();
  #broken: BrokenPromise | undefined;
  #awakeAt = 0;

  constructor(script: YearScript, makeKeeper: KeeperMaker) {
    const { time, store, accuse } = this;
    this.#script = script;
    const newIssuer = () => new SimulatedIssuer(time, new IssuerRules(time, accuse), accuse, script.latencyMs);
    this.#issuers = { A: newIssuer(), B: newIssuer() };
    const isStorePrompt = () => store.isPrompt;
    this.tokens = script.tokens.map(
      (token, index) => new SimulatedToken(index, script, token, { time, issuer: this.issuerOf(token.issuer), accuse, isStorePrompt }),
    );
    store.onLoaded = ({ accessToken, askedAt }) => {
      for (const { client, pace } of this.tokens) {
        const delivery = client.deliveryOf(accessToken, time.wallMsOf(askedAt));
        if (delivery !== undefined) pace.stored(delivery);
      }
    };
    for (const happening of script.happenings) {
      this.#agenda.add({ at: happening.at, needsMachine: needsMachine(happening), play: () => playHappening(happening, this) });
    }
    const issuers = [this.#issuers.A, this.#issuers.B];
    this.process = new SimulatedProcess({
      script,
      time,
      tokens: this.tokens,
      issuers,
      store,
      random: seededRandom(script.seed),
      makeKeeper,
      accuse,
    });
  }

  readonly accuse: Accuse = (code, what, cause) => {
    this.#broken ??= new BrokenPromise(code, this.time.now().trueMs, what, cause);
  };

  async play(end: number): Promise<YearReport> {
    await learnStoreKeys(this.tokens);
    try {
      this.#note();
      await this.process.start();
      for (let act = this.#agenda.next(end); act !== undefined; act = this.#agenda.next(end)) await this.#perform(act);
      await this.#passUntil(end);
    } finally {
      await this.process.close();
    }
    this.#stopIfBroken();
    return reportOf(this.#script.days, this.tokens, this.process.counts.dropped);
  }

  issuerOf(name: IssuerName): SimulatedIssuer {
    return this.#issuers[name];
  }

  tokenAt(index: number): SimulatedToken {
    const token = this.tokens[index % this.tokens.length];
    if (token === undefined) throw new Error('A script has one token or more.');
    return token;
  }

  later(ms: number, who: 'machine' | 'world', play: () => void | Promise<void>): void {
    this.#agenda.add({ at: this.time.now().trueMs + ms, needsMachine: who === 'machine', play });
  }

  sleepFor(ms: number): void {
    this.#awakeAt = this.time.now().trueMs + ms;
  }

  async restart(isStoreLost: boolean): Promise<void> {
    await this.process.close();
    if (isStoreLost) this.store.forget();
    await this.process.start();
  }

  async #perform(act: Act): Promise<void> {
    await this.#passUntil(act.at);
    if (act.needsMachine && this.time.now().trueMs < this.#awakeAt) {
      this.#agenda.add({ ...act, at: this.#awakeAt });
      return;
    }
    await act.play();
    this.#note();
    await this.process.settle();
    for (const token of this.tokens) {
      token.endAct();
      this.#judgeStatus(token);
    }
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
      const untilReadMs = Math.max(0, Math.min(...this.tokens.map(({ nextReadAt }) => nextReadAt)) - now);
      const stepMs = Math.min(trueMs - now, clock.untilNextTimer ?? Number.POSITIVE_INFINITY, untilReadMs);
      stopsWithoutTime = stepMs > 0 ? 0 : stopsWithoutTime + 1;
      if (stopsWithoutTime > 10_000) throw new Error('Timers fire over and over while time stands still.');
      const wasWaiting = this.process.isWaiting;
      clock.advance(stepMs);
      // Most timers look at the clock and set the next one, and that was all.
      if (!wasWaiting) await this.process.passTurns();
      if (wasWaiting || this.process.isWaiting || this.process.mayBeMinting) await this.process.settle();
      for (const token of this.tokens) if (this.time.now().trueMs >= token.nextReadAt) await this.#read(token);
      this.#look();
    }
  }

  async #read(token: SimulatedToken): Promise<void> {
    token.nextReadAt = this.time.now().trueMs + (token.script.readEveryMs ?? Number.POSITIVE_INFINITY);
    if (!(await this.process.isReady(token))) return;
    token.callers.get(token.kept);
    await this.process.settle();
    this.#judgeStatus(token);
  }

  #judgeStatus(token: SimulatedToken): void {
    const { store } = this;
    const isInBetween = store.isLoading(token.storeKey) || store.isSaving(token.storeKey);
    if (token.isKept && !isInBetween) judgeStatus(token, this.time, this.accuse);
  }

  /** Looks at everything that must hold at any time. */
  #look(): void {
    for (const token of this.tokens) {
      const inHand = token.isKept ? token.kept.peek() : undefined;
      if (inHand !== undefined) token.callers.given(inHand.accessToken);
      token.callers.look();
      token.health.look();
    }
    // What the store did not take has a timer of its own.
    const most = this.#script.schedule === 'timer' ? (this.process.hasUnsavedTokens ? 2 : 1) : 0;
    if (this.time.clock.timers > most && !this.process.isWaiting && !this.process.isMinting) {
      this.accuse('extra_timer', `${this.time.clock.timers} timers are set where nothing is under way, ${most} is the most`);
    }
    this.#stopIfBroken();
  }

  #note(): void {
    for (const name of ['A', 'B'] as const) {
      const its = this.tokens.filter(({ script }) => script.issuer === name);
      const proofs = its.reduce((sum, { pace }) => Math.max(sum, pace.proofs.length), 0);
      for (const token of its) token.note(proofs);
    }
  }

  #stopIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }
}
