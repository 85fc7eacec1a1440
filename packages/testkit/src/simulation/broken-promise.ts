import { inDays } from './time-in-words.ts';

/**
 * What a simulation found broken.
 *
 * Promise 1: `expired_token` (a caller was given one), `short_lived` (one that lives shorter than it needs), `kept_waiting` (though a usable token was
 * held, or longer than promised).
 * Promise 2: `not_replaced` (due, the issuer well, and no successor), `needless_failure` (a caller failed though a usable token was held or the issuer
 * answered, or was refused a longer life that could be had). With both kept, no caller notices an outage shorter than the runway: a held token is usable
 * for that long after it is due.
 * Promise 3: `asked_early` (nothing was due), `asked_in_pause` (before the back-off or the floor was over), `asked_within_retry_after`,
 * `two_in_flight`, `slow_recovery` (nothing usable long after the issuer's return), `over_rate` and `two_probes` (by all tokens of one issuer),
 * `over_budget`, `failed_unasked` (a token's attempt failed without a request, a shared failure or any other reason).
 * Promise 4: `forced_too_often`, `rejection_ignored`.
 * Promise 5: `secret_untried` (one that could be read), `secret_forgotten` (the one that was taken last is not the first), `stale_proof` (an assertion sent
 * twice, or made for another time than the issuer's, which was told).
 * Undeclared tokens: `kept_idle` (minted though nobody reads it), `dropped_early`, `overcrowded`.
 * Closed tokens: `asked_after_close`, `left_after_close`. A caller's abort: `abort_ignored`, `mint_cut_off`. `wrong_status`.
 * Order: `extra_timer`, `unhandled_rejection`, `untyped_failure`.
 */
export type BrokenPromiseCode =
  | 'expired_token'
  | 'short_lived'
  | 'kept_waiting'
  | 'needless_failure'
  | 'asked_early'
  | 'asked_in_pause'
  | 'asked_within_retry_after'
  | 'two_in_flight'
  | 'over_rate'
  | 'two_probes'
  | 'over_budget'
  | 'failed_unasked'
  | 'not_replaced'
  | 'slow_recovery'
  | 'forced_too_often'
  | 'rejection_ignored'
  | 'secret_untried'
  | 'secret_forgotten'
  | 'stale_proof'
  | 'kept_idle'
  | 'dropped_early'
  | 'overcrowded'
  | 'asked_after_close'
  | 'abort_ignored'
  | 'mint_cut_off'
  | 'wrong_status'
  | 'extra_timer'
  | 'unhandled_rejection'
  | 'left_after_close'
  | 'untyped_failure';

/** A promise of token keeping that did not hold. */
export class BrokenPromise extends Error {
  override readonly name: string = 'BrokenPromise';
  readonly code: BrokenPromiseCode;
  /** When, true ms since the start. */
  readonly at: number;

  constructor(code: BrokenPromiseCode, at: number, message: string, cause?: unknown) {
    super(`${code}: ${inDays(at)}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.at = at;
  }
}

/** Called with a promise that did not hold; the simulation ends at its next stop. */
export type Accuse = (code: BrokenPromiseCode, what: string, cause?: unknown) => void;
