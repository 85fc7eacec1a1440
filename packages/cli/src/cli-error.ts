import { exitCode } from './exit-code.ts';

/** A failure that fits on one screen: what is wrong, where, and what mends it. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly problem: string;
  readonly place: string | undefined;
  readonly step: string;
  /** Exit code of the process; default 1. */
  readonly exitCode: number;

  constructor(facts: { problem: string; place?: string; step: string; exitCode?: number; cause?: unknown }) {
    super(`${facts.problem}. ${facts.step}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.problem = facts.problem;
    this.place = facts.place;
    this.step = facts.step;
    this.exitCode = facts.exitCode ?? exitCode.failure;
  }
}
