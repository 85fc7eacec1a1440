import { type ChildProcess, spawn } from 'node:child_process';
import { systemClock } from '../clock.ts';
import { type SecretProblem, SecretSourceError } from './secret-source-error.ts';

/** How a program is run. */
interface ProgramLimits {
  /** Folder that it runs in; undefined for that of this process. */
  readonly folder: string | undefined;
  readonly timeoutMs: number;
  /** Most that it may print, bytes. */
  readonly longest: number;
}

const running = new Set<ChildProcess>();

/**
 * What a program prints, run without a shell. Where it does not end in time or prints too much, it ends with all that it started.
 * @throws {SecretSourceError} it cannot be run, fails, or goes beyond a limit.
 */
export function runProgram(command: readonly [string, ...string[]], limits: ProgramLimits): Promise<string> {
  const { folder, timeoutMs, longest } = limits;
  return new Promise((resolve, reject) => {
    const fail = (problem: SecretProblem): void => reject(new SecretSourceError({ program: command[0] }, problem));
    const child = start(command, folder, fail);
    if (child === undefined) return;
    const chunks: Buffer[] = [];
    let length = 0;
    const giveUp = (problem: SecretProblem): void => {
      endGroup(child);
      // A child that has left the group may hold it open.
      child.stdout?.destroy();
      fail(problem);
    };
    const timer = systemClock.setTimer(() => giveUp({ slowerThanMs: timeoutMs }), timeoutMs);
    const forget = (): void => {
      timer.cancel();
      running.delete(child);
      if (running.size === 0) process.off('exit', endAll);
    };
    if (running.size === 0) process.on('exit', endAll);
    running.add(child);
    child.on('error', ({ code }: NodeJS.ErrnoException) => {
      forget();
      fail({ systemCode: code });
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > longest) giveUp({ longerThan: longest });
    });
    child.on('close', (exitCode, signal) => {
      forget();
      if (signal !== null) fail({ signal });
      else if (exitCode !== 0) fail({ exitCode: exitCode ?? 1 });
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

function start(
  [program, ...args]: readonly [string, ...string[]],
  folder: string | undefined,
  fail: (problem: SecretProblem) => void,
): ChildProcess | undefined {
  try {
    // A process group of its own, so that it can be ended with its children. What it says of an error could hold the secret.
    return spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
  } catch (error) {
    // The error itself quotes the arguments.
    fail({ systemCode: (error as NodeJS.ErrnoException).code });
    return undefined;
  }
}

/** A group of its own gets no signals of the terminal, and would outlive this process. */
function endAll(): void {
  for (const child of running) endGroup(child);
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended, or this system knows no groups.
    child.kill('SIGKILL');
  }
}
