import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';
import { CliError } from '../cli-error.ts';

/** How long a program that is started again may take to end after SIGTERM. */
export const graceMs = 10_000;

/** A program that runs with our standard input and output. */
export interface ChildProgram {
  /** Exit code as a shell has it: its own, or 128 + the number of the signal that ended it. Rejects with a CliError (126, 127) where it cannot be run. */
  readonly ended: Promise<number>;
  signal(name: NodeJS.Signals): void;
  /** Ends it with SIGTERM, after ten seconds with SIGKILL; resolves when it has ended. False, at once, where this user may send it no signal. */
  end(): Promise<boolean>;
}

/** Starts `command` with the environment `env`. */
export function startProgram(command: readonly string[], env: Readonly<Record<string, string | undefined>>): ChildProgram {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const ended = endOf(child, program);
  return {
    ended,
    signal: (name) => void child.kill(name),
    async end() {
      const isTold = child.kill('SIGTERM');
      if (!isTold && child.exitCode === null && child.signalCode === null) return false;
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended.catch(() => undefined);
      clearTimeout(timer);
      return true;
    },
  };
}

function endOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      // Each signal that could not be sent is an `error`, too, but then the program still runs: it may be another user's, as behind sudo.
      if (child.pid === undefined) reject(whyNotRun(error, program));
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}

function whyNotRun(error: NodeJS.ErrnoException, program: string): CliError {
  if (error.code === 'ENOENT' && program.includes('/') && existsSync(program)) {
    return new CliError({
      problem: 'The program is there, but not what runs it',
      place: program,
      step: 'See that the interpreter in its first line, or the loader and C library that it was made for, is installed.',
      exitCode: 126,
      cause: error,
    });
  }
  const isMissing = error.code === 'ENOENT';
  const isTooLong = error.code === 'E2BIG';
  const problem = isMissing ? 'There is no such program' : `The program cannot be run (${error.code})`;
  const step = isMissing
    ? 'Name one that is in PATH, or its path.'
    : isTooLong
      ? 'Give it less in arguments and environment, or the token in a file with --file.'
      : 'Make it executable for this user, or name another one.';
  return new CliError({ problem, place: program, step, exitCode: isMissing ? 127 : 126, cause: error });
}
