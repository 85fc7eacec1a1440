import type { ConfigProblem } from './config/config-problem.ts';

/**
 * What keeps an agent from starting, or from another config.
 *
 * - `config_invalid`: the config file or the environment is wrong; `problems` holds every finding.
 * - `app_key_unsafe`: the kept app key is a symlink, another user's, or readable by others.
 * - `app_key_invalid`: the kept app key is no app key.
 * - `store_unusable`: the folder of the sealed tokens cannot be made, is a link, or is not this user's alone; or what a fleet shares cannot be opened at all.
 * - `audit_unusable`: the file of the audit lines cannot be written, is a link, or is not this user's.
 * - `state_folder_taken`: another agent runs with the same state folder.
 * - `address_lost`: a reload that failed could not open again what it had closed to make room.
 * - `token_file_unusable`: a file for a token cannot be written, or others could put something in its place.
 */
export type AgentErrorCode =
  | 'config_invalid'
  | 'app_key_unsafe'
  | 'app_key_invalid'
  | 'store_unusable'
  | 'audit_unusable'
  | 'state_folder_taken'
  | 'address_lost'
  | 'token_file_unusable';

/** What an {@link AgentError} says. */
export interface AgentErrorFacts {
  readonly problem: string;
  readonly place?: string;
  readonly step: string;
  readonly problems?: readonly ConfigProblem[];
  readonly cause?: unknown;
}

/** The one error class of this package. Switch on `code`; the texts are for people. `message` is the problem with its place. */
export class AgentError extends Error {
  override readonly name: string = 'AgentError';
  readonly code: AgentErrorCode;
  /** What is wrong, a whole sentence without place and step. */
  readonly problem: string;
  /** The file or folder that it is about; undefined where it is about none, or about several. */
  readonly place: string | undefined;
  /** What mends it, an imperative sentence. */
  readonly step: string;
  /** Every finding, for `config_invalid`; else empty. */
  readonly problems: readonly ConfigProblem[];

  constructor(code: AgentErrorCode, { problem, place, step, problems = [], cause }: AgentErrorFacts) {
    super(place === undefined ? problem : `${problem}: ${place}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problem = problem;
    this.place = place;
    this.step = step;
    this.problems = problems;
  }
}
