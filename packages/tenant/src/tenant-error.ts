/**
 * Why a tenant did not start or did not do what it was asked.
 *
 * Options: `domain_missing` (a unix socket has no host to be named by), `domain_invalid` (it is no host, with a port or without, or not the one that other
 * nodes have), `token_lifetime_invalid` (it is no number of seconds that a token may live), `controls_exposed` (test controls that others could reach).
 *
 * State: `store_unusable` (the database file cannot be opened or written), `schema_too_new` (a later release wrote it),
 * `migration_failed` (a step to the schema of this release did not come about, and the database is as it was), `master_key_invalid` (it is no such key),
 * `sealed_unreadable` (it is not the one that sealed it), `state_damaged` (a record that the first start made is gone),
 * `store_unavailable` (the database cannot be reached or used just now), `store_full` (it has no room).
 *
 * Records: `already_exists` (another record has that name or id), `not_found` (there is no such record), `key_in_use` (a signing key that is
 * not a previous one cannot be revoked).
 *
 * Transfer: `document_unreadable` (the file is not there, is no document of auth0-deploy-cli, or has a mark that stands for nothing),
 * `document_invalid` (a record of it cannot be taken), `document_unwritable` (the file cannot be written).
 *
 * Operation: `tenant_running` (another process uses the state folder),
 * `tenant_missing` (there is none in it, or its database is lost while its master key, or what an interrupted restore left, is there),
 * `backup_unusable` (the file is no whole backup of a tenant), `backup_unwritable` (the file is there already, or cannot be written).
 *
 * Wire: `request_refused` (the answer is the error; see its subclasses), `overloaded` (more tokens are asked for than can be signed).
 */
export type TenantErrorCode =
  | 'domain_missing'
  | 'domain_invalid'
  | 'token_lifetime_invalid'
  | 'controls_exposed'
  | 'store_unusable'
  | 'schema_too_new'
  | 'migration_failed'
  | 'master_key_invalid'
  | 'sealed_unreadable'
  | 'state_damaged'
  | 'store_unavailable'
  | 'store_full'
  | 'already_exists'
  | 'not_found'
  | 'key_in_use'
  | 'document_unreadable'
  | 'document_invalid'
  | 'document_unwritable'
  | 'tenant_running'
  | 'tenant_missing'
  | 'backup_unusable'
  | 'backup_unwritable'
  | 'request_refused'
  | 'overloaded';

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
