import type { Writable } from 'node:stream';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';

const step = 'Make room where it goes, or send it elsewhere; what is there by now is not whole.';

/** What to tell where standard output took no more, for another reason than that its reader closed it. */
export function lostOutputError(cause: NodeJS.ErrnoException): CliError {
  return new CliError({ problem: problemOf(cause), step, cause });
}

/**
 * Keeps the process alive when the reader of its output is gone or the disk is full: an agent goes on without its log, which continues when it can be written
 * again. The output of a command is lost silently only where its reader has closed the pipe (`… | head`), or where the command handles errors itself; any other
 * loss ends the process with exit code 1, and standard error says why.
 */
export function outliveLostOutput(host: Pick<NodeJS.Process, 'exit'> & { readonly stdout: Writable; readonly stderr: Writable }): void {
  host.stderr.on('error', () => undefined);
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || host.stdout.listenerCount('error') > 1) return;
    // Whole and at once: what reports other errors would have to be loaded, while the command goes on as if it had been heard.
    host.stderr.write(`✖ ${problemOf(error)}\n  to mend: ${step}\n`);
    host.exit(exitCode.failure);
  });
}

function problemOf({ code, message }: NodeJS.ErrnoException): string {
  return `The output cannot be written (${code ?? message})`;
}
