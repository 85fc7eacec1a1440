import type { Clock, Random } from '../clock.ts';
import { TokenError } from '../errors.ts';
import type { EventHub } from '../events.ts';
import { type MintedToken, requestToken } from '../mint/token-endpoint.ts';
import type { CheckedTokenRequest } from '../mint/token-request.ts';
import type { Fetch } from '../options.ts';
import { delayAfter } from '../policy/backoff.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import type { KeptTokenStatus } from '../status.ts';
import { Deadline } from './deadline.ts';

/** What kept tokens share; made once by the keeper. */
export interface KeepingTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly policy: KeepingPolicy;
  readonly events: EventHub;
}

/** One token request's dealings with the issuer: one attempt at a time, and after a failure none before its time. */
export class Minter {
  readonly #request: CheckedTokenRequest;
  readonly #name: string;
  readonly #tools: KeepingTools;
  #failure: { error: TokenError; at: number; count: number; nextAttemptAt: number; pause: Deadline } | undefined;

  constructor(request: CheckedTokenRequest, name: string, tools: KeepingTools) {
    this.#request = request;
    this.#name = name;
    this.#tools = tools;
  }

  /** Milliseconds for which the issuer is to be left alone; 0 when it may be asked. */
  get pauseMs(): number {
    return this.#failure === undefined ? 0 : Math.max(0, this.#failure.pause.leftMs);
  }

  /** The last failure as the status shows it. */
  get lastFailure(): KeptTokenStatus['lastFailure'] {
    if (this.#failure === undefined) return undefined;
    const { error, at, count, nextAttemptAt } = this.#failure;
    return { at, code: error.code, message: error.message, retryable: error.retryable, count, nextAttemptAt };
  }

  /** The failure to tell a caller who comes before the next attempt; undefined where none stands. */
  currentFailure(): TokenError | undefined {
    return this.#failure === undefined ? undefined : retold(this.#failure.error, this.pauseMs);
  }

  /**
   * Asks the issuer once. `usableMs` tells how long callers can still be served after a failure; `stop` ends the attempt.
   * @throws {TokenError} with `retryAfterMs` until the next attempt.
   */
  async mint(usableMs: () => number, stop: AbortSignal): Promise<{ minted: MintedToken; durationMs: number }> {
    const { clock, events, policy } = this.#tools;
    const began = clock.monotonic();
    try {
      const minted = await requestToken(this.#request, this.#tools, stop);
      this.#failure = undefined;
      if (minted.isLifetimeAssumed) events.emit('lifetimeAssumed', { name: this.#name, lifetimeMs: minted.lifetimeMs });
      return { minted, durationMs: clock.monotonic() - began };
    } catch (thrown) {
      const error = thrown instanceof TokenError ? thrown : unforeseen(thrown);
      const isSameKind = this.#failure?.error.retryable === error.retryable;
      const count = isSameKind && this.#failure !== undefined ? this.#failure.count + 1 : 1;
      const facts = { retryable: error.retryable, count, usableMs: usableMs(), retryAfterMs: error.retryAfterMs, r: this.#tools.random() };
      const delayMs = delayAfter(facts, policy);
      this.#failure = {
        error,
        at: clock.now(),
        count,
        nextAttemptAt: clock.now() + delayMs,
        pause: Deadline.in(clock, delayMs),
      };
      const durationMs = clock.monotonic() - began;
      events.emit('failed', {
        name: this.#name,
        code: error.code,
        message: error.message,
        retryable: error.retryable,
        count,
        retryInMs: delayMs,
        durationMs,
      });
      throw retold(error, delayMs);
    }
  }
}

function retold(error: TokenError, retryAfterMs: number): TokenError {
  return new TokenError(error.code, error.message, {
    retryable: error.retryable,
    retryAfterMs,
    details: error.details,
    cause: error.cause,
  });
}

/** A mistake of a passed-in part (`fetch`, `clock`), not of the issuer: told as what it is, and not kept from the caller. */
function unforeseen(thrown: unknown): TokenError {
  return new TokenError('network_error', 'The token request could not be sent.', { retryable: true, cause: thrown });
}
