/**
 * Why a tenant did not start or did not do what it was asked.
 *
 * Options: `domain_missing` (a unix socket has no host to be named by), `domain_invalid`, `token_lifetime_invalid`, `controls_exposed`
 * (test controls that others could reach).
 *
 * State: `store_unusable` (the database file cannot be opened or written), `schema_too_new` (a later release wrote it),
 * `migration_failed`, `sealed_unreadable` (the master key is not the one that sealed it), `state_damaged` (a record that the first
 * start made is gone).
 *
 * Records: `already_exists`, `not_found`.
 *
 * Wire: `request_refused` (the answer is the error; see its subclasses).
 */
export type TenantErrorCode =
  | 'domain_missing'
  | 'domain_invalid'
  | 'token_lifetime_invalid'
  | 'controls_exposed'
  | 'store_unusable'
  | 'schema_too_new'
  | 'migration_failed'
  | 'sealed_unreadable'
  | 'state_damaged'
  | 'already_exists'
  | 'not_found'
  | 'request_refused';

/** What a {@link TenantError} says: `problem` what is wrong, `place` where, `step` what mends it (an imperative sentence). */
export interface TenantErrorFacts {
  readonly problem: string;
  readonly place?: string;
  readonly step?: string;
  readonly cause?: unknown;
}

/** The one error of this package. Switch on `code`; the texts are for people and hold no secret and no token. */
export class TenantError extends Error {
  override readonly name: string = 'TenantError';
  readonly code: TenantErrorCode;
  readonly problem: string;
  readonly place: string | undefined;
  readonly step: string | undefined;

  constructor(code: TenantErrorCode, { problem, place, step, cause }: TenantErrorFacts) {
    const message = `${problem}${place === undefined ? '' : `: ${place}`}${step === undefined ? '' : `. ${step}`}`;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problem = problem;
    this.place = place;
    this.step = step;
  }
}
