import { setImmediate } from 'node:timers/promises';
import { isTokenError, type TokenKeeper, type TokenKeeperOptions } from '@evertoken/client';
import type { Accuse } from './broken-promise.ts';
import type { SimulatedIssuer } from './simulated-issuer.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { SimulatedToken } from './simulated-token.ts';
import type { WorldTime } from './world-time.ts';
import type { YearScript } from './year-script.ts';

/** What is simulated: the keeper, or a faulty one that shows what the checks find. */
export type KeeperMaker = (options: TokenKeeperOptions) => TokenKeeper;

/** What a process runs in. */
export interface ProcessWorld {
  readonly script: YearScript;
  readonly time: WorldTime;
  readonly tokens: readonly SimulatedToken[];
  readonly issuers: readonly SimulatedIssuer[];
  readonly store: SimulatedStore;
  readonly random: () => number;
  readonly makeKeeper: KeeperMaker;
  readonly accuse: Accuse;
}

/** Turns of the microtask queue within which whatever does not wait for the world has ended. */
const TURNS = 64;

/** A program that keeps tokens: starts, keeps and closes, and comes to rest when all that is left waits for time to pass. */
export class SimulatedProcess {
  readonly counts: { dropped: number } = { dropped: 0 };
  readonly #world: ProcessWorld;
  #keeper: TokenKeeper | undefined;

  constructor(world: ProcessWorld) {
    this.#world = world;
  }

  /** A new keeper keeps what is declared, but for what the program has closed. */
  async start(): Promise<void> {
    const { script, time, tokens, issuers, store, random, makeKeeper } = this.#world;
    const { maxSleepMs, maxUndeclared, maxMintsPerDay, schedule } = script;
    const keeper = makeKeeper({
      clock: time.clock,
      random,
      schedule,
      ...(script.store === undefined ? {} : { store }),
      fetch: (url, init) =>
        (url.includes('issuer-b') ? issuers[1] : issuers[0])?.fetch(url, init) ?? Promise.reject(new Error('No such issuer.')),
      policy: { maxSleepMs, maxUndeclared, maxMintsPerDay },
    });
    const find = (name: string) => tokens.find((token) => token.name === name);
    keeper.on('failed', ({ name, code, retryInMs }) => find(name)?.pace.failed(code, retryInMs));
    keeper.on('minted', ({ name }) => find(name)?.pace.minted());
    keeper.on('dropped', ({ name, reason }) => this.#drop(find(name), reason));
    this.#keeper = keeper;
    for (const token of tokens) if (token.script.isDeclared && !token.isClosed) await this.keep(token);
  }

  /** Keeps `token`, or keeps it again with the secrets that it has now. */
  async keep(token: SimulatedToken): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    const { isDeclared } = token.script;
    // What another token still has to save would not be this program's last word on it, were that one crowded out now.
    if (!isDeclared) await this.#letStoreEnd();
    token.isClosed = false;
    const isNew = !token.isKept;
    if (isNew) {
      token.pace.begin();
      token.health.restart();
    }
    token.kept = keeper.keep(token.request, { name: token.name, isDeclared });
    // Those that callers wait for stay, however many they are, until another one comes.
    const mayGo = (other: SimulatedToken) => other === token || other.kept.status().waiters === 0;
    const undeclared = this.#world.tokens.filter((other) => other.isKept && !other.script.isDeclared && mayGo(other)).length;
    const { maxUndeclared } = this.#world.script;
    if (isNew && !isDeclared && undeclared > maxUndeclared)
      this.#world.accuse('overcrowded', `${undeclared} undeclared tokens are kept that nobody waits for, ${maxUndeclared} is the most`);
    if (isNew) await this.settle();
  }

  /** The store has not taken a token yet. */
  get hasUnsavedTokens(): boolean {
    return this.#keeper?.hasUnsavedTokens === true;
  }

  /** A token that a caller needs: kept again where the keeper dropped it, and not where the program closed it. */
  async isReady(token: SimulatedToken): Promise<boolean> {
    if (token.isClosed) await this.#expectClosed(token);
    else if (!token.isKept) await this.keep(token);
    return token.isKept;
  }

  /** The program has done with `token`. */
  async closeToken(token: SimulatedToken): Promise<void> {
    await this.#letStoreEnd();
    if (!token.isKept) return;
    token.isClosed = true;
    token.end();
    void token.kept.close().catch((error: unknown) => this.#world.accuse('untyped_failure', 'a kept token could not be closed', error));
    await this.settle();
    await this.#expectClosed(token);
  }

  /** Ends the process, and with it what its keeper knew. */
  async close(): Promise<void> {
    const { tokens, issuers, time, accuse } = this.#world;
    await this.#letStoreEnd();
    const kept = tokens.filter((token) => token.isKept);
    for (const token of kept) token.end();
    await this.#keeper?.close();
    // What callers were told becomes known a turn later, as does a rejection that nobody heard.
    await setImmediate();
    const waiting = tokens.reduce((sum, token) => sum + token.callers.waiting.size, 0);
    if (waiting > 0) accuse('left_after_close', `${waiting} callers still wait`);
    if (time.clock.timers > 0) accuse('left_after_close', `${time.clock.timers} timers are left`);
    for (const token of kept) await this.#expectClosed(token);
    for (const { rules, clock } of issuers) {
      rules.restart();
      clock.forget();
    }
  }

  /** Ends when all that is left waits for time to pass. */
  async settle(): Promise<void> {
    await this.passTurns();
    const giveUpAt = performance.now() + 10_000;
    for (let busy = this.#busy(); busy !== undefined; busy = this.#busy()) {
      await setImmediate();
      if (performance.now() < giveUpAt) continue;
      throw new Error(`The keeper does not come to rest with ${busy.name}: ${JSON.stringify(busy.kept.status())}`);
    }
    await this.#letAdoptionEnd();
    for (const token of this.#world.tokens) token.callers.lookAtOnce();
  }

  /** What a store gave is held once its fingerprint is known, which takes real time; a keeper that never holds it is judged for that. */
  async #letAdoptionEnd(): Promise<void> {
    const now = this.#world.time.now();
    const isComing = (token: SimulatedToken) => token.isKept && token.pace.held?.isUsable(now) === true && token.kept.peek() === undefined;
    const giveUpAt = performance.now() + 1_000;
    while (performance.now() < giveUpAt && this.#world.tokens.some(isComing)) await setImmediate();
  }

  /** Lets everything run that waits for nothing. */
  async passTurns(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await undefined;
  }

  /** Whether something waits for the world: an answer, the store, a caller for a token. */
  get isWaiting(): boolean {
    return (
      this.#world.store.pending > 0 || this.#world.tokens.some(({ client, callers }) => client.pending > 0 || callers.waiting.size > 0)
    );
  }

  /** Whether a mint is under way, though the issuer may not have been asked. */
  get isMinting(): boolean {
    return this.#world.tokens.some((token) => token.isKept && token.kept.status().isMinting);
  }

  /** Whether a mint may be under way that has not come to the issuer yet: a signature takes its time, a source that fails leaves no trace. */
  get mayBeMinting(): boolean {
    const isSlow = ({ isKept, script, pace }: SimulatedToken) => isKept && (script.proof === 'assertion' || pace.isSourceDown);
    return this.#world.tokens.some((token) => isSlow(token) && token.kept.status().isMinting);
  }

  #busy(): SimulatedToken | undefined {
    return this.#world.tokens.find((token) => this.#isBusy(token));
  }

  /** Something real is going on: a mint that waits neither for the issuer nor its turn, a caller who waits for no mint or for one that has ended. */
  #isBusy(token: SimulatedToken): boolean {
    const { callers, client, issuer, pace, isKept } = token;
    const { store, script } = this.#world;
    if (!isKept) return callers.waiting.size > 0;
    const status = token.kept.status();
    if (status.isMinting) {
      const isHeldUp = client.pending > 0 || (pace.isAsking ? store.isSaving(token.storeKey) : !issuer.rules.isOpen);
      return !isHeldUp || status.waiters < callers.waiting.size;
    }
    // A new keeper first looks into its store.
    if (status.token === undefined && store.isLoading(token.storeKey)) return false;
    if (callers.waiting.size > 0) return true;
    return script.schedule === 'timer' && status.token === undefined && !status.isMinting && status.lastFailure === undefined;
  }

  #drop(token: SimulatedToken | undefined, reason: string): void {
    const { tokens, time, accuse, script } = this.#world;
    if (token === undefined) return;
    this.counts.dropped += 1;
    const { idle } = token.pace.rules;
    const others = tokens.filter((other) => other !== token && other.isKept && !other.script.isDeclared);
    const isAwaited = ({ kept }: SimulatedToken) => kept.status().waiters > 0;
    const isIdlest = others.every((other) => idle.isIdlerThan(other.pace.rules.idle) || isAwaited(other));
    const isCrowded = others.length >= script.maxUndeclared && isIdlest && !isAwaited(token);
    const isIdle = idle.mayEnd(token.pace.held?.delivery.toldMs ?? 0, time.now());
    if (token.script.isDeclared || !(reason === 'idle' ? isIdle : isCrowded)) {
      accuse('dropped_early', `${token.name} was dropped (${reason}) although it is needed`);
    }
    token.end();
  }

  async #letStoreEnd(): Promise<void> {
    const { store } = this.#world;
    for (; store.pending > 0; await this.settle()) store.flush();
  }

  async #expectClosed(token: SimulatedToken): Promise<void> {
    const answer = await token.kept.get().catch((error: unknown) => error);
    if (isTokenError(answer) && answer.code === 'closed' && token.kept.peek() === undefined) return;
    this.#world.accuse('left_after_close', `${token.name} is closed and still gives tokens`);
  }
}
