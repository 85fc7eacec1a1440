import { systemClock, type Timer } from '../clock.ts';
import { EventHub, type TokenKeeperEvent, type TokenKeeperEvents } from '../events.ts';
import { checkTokenRequest } from '../mint/token-request.ts';
import type { Fetch, TokenKeeperOptions, TokenRequest } from '../options.ts';
import { checkPolicy } from '../policy/keeping-policy.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { TokenStore } from '../store/token-store.ts';
import { KeptToken } from './kept-token.ts';
import type { KeepingTools } from './minter.ts';

/** Clocks that moved apart by more than this since the last look: the machine slept, or the wall clock was set. */
const CLOCKS_APART_MS = 5_000;

/**
 * Keeps any number of tokens fresh with one timer. Does nothing until `keep` is called, and keeps no process alive.
 *
 * ```ts
 * const keeper = new TokenKeeper();
 * const management = keeper.keep({ domain: 'acme.eu.auth0.com', clientId, clientSecret });
 * const clients = await management.fetch('https://acme.eu.auth0.com/api/v2/clients');
 * ```
 */
export class TokenKeeper {
  readonly #tools: KeepingTools;
  readonly #store: TokenStore;
  readonly #kept = new Map<string, KeptToken>();
  readonly #wakeAt = new Map<KeptToken, number>();
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #clockGap: number;
  #isClosed = false;

  /** @throws {TypeError} that names the option which is wrong. */
  constructor(options: TokenKeeperOptions = {}) {
    const clock = options.clock ?? systemClock;
    this.#tools = {
      clock,
      random: options.random ?? Math.random,
      fetch: options.fetch ?? globalFetch,
      policy: checkPolicy(options.policy),
      events: new EventHub(),
    };
    this.#store = options.store ?? new MemoryStore();
    this.#clockGap = clock.now() - clock.monotonic();
  }

  /**
   * Keeps the token of `request` fresh from now on, with no traffic at all. The same request (its secret apart) gives the same kept token.
   * `name` stands in events and messages; default: the audience, else the token endpoint.
   * @throws {TypeError} that names the option which is wrong.
   */
  keep(request: TokenRequest, options: { readonly name?: string } = {}): KeptToken {
    if (this.#isClosed) throw new TypeError('The keeper is closed; make a new one.');
    const checked = checkTokenRequest(request);
    const known = this.#kept.get(checked.canonical);
    if (known !== undefined) return known;
    const name = options.name ?? checked.facts.audience ?? checked.facts.tokenEndpoint;
    const kept: KeptToken = new KeptToken(checked, name, {
      tools: this.#tools,
      store: this.#store,
      wakeIn: (ms) => this.#wakeIn(kept, ms),
    });
    this.#kept.set(checked.canonical, kept);
    kept.wake();
    return kept;
  }

  /** All kept tokens, in the order they came. */
  get kept(): readonly KeptToken[] {
    return [...this.#kept.values()];
  }

  /** Listens to `event`; the answer ends that. */
  on<E extends TokenKeeperEvent>(event: E, listener: (detail: TokenKeeperEvents[E]) => void): () => void {
    return this.#tools.events.on(event, listener);
  }

  /** Ends the timer and waits for what is under way; kept tokens then reject with `closed`. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.all(this.kept.map((kept) => kept.close()));
    await this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #wakeIn(kept: KeptToken, ms: number): void {
    if (this.#isClosed) return;
    const { clock, policy } = this.#tools;
    // In whole milliseconds, and never none: a wait of a fraction would end before its moment has come, and come again at once.
    const at = clock.monotonic() + Math.max(1, Math.ceil(ms));
    this.#wakeAt.set(kept, at);
    this.#setTimer(Math.min(at, clock.monotonic() + policy.maxSleepMs));
  }

  #setTimer(at: number): void {
    if (at >= this.#timerAt) return;
    const { clock } = this.#tools;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = clock.setTimer(() => this.#wakeAll(), Math.max(0, at - clock.monotonic()));
  }

  #wakeAll(): void {
    const { clock, policy } = this.#tools;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const gap = clock.now() - clock.monotonic();
    const isApart = Math.abs(gap - this.#clockGap) > CLOCKS_APART_MS;
    this.#clockGap = gap;
    const now = clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    for (const [kept, at] of this.#wakeAt) {
      if (isApart) kept.rejudge();
      else if (at <= now) {
        this.#wakeAt.delete(kept);
        kept.wake();
      } else next = Math.min(next, at);
    }
    if (next < Number.POSITIVE_INFINITY) this.#setTimer(Math.min(next, now + policy.maxSleepMs));
  }
}

/**
 * Keeps one token, with a keeper of its own: `await keepToken(request).get()` is all a script needs.
 * Closing is left to the end of the process, which it does not delay; a program that ends a token earlier uses a {@link TokenKeeper}.
 */
export function keepToken(request: TokenRequest, options?: TokenKeeperOptions): KeptToken {
  return new TokenKeeper(options).keep(request);
}

// Looked up at each call: the global may be replaced (instrumentation, a proxy agent) after the keeper was made.
const globalFetch: Fetch = (input, init) => fetch(input, init);
