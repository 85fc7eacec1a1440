import type { Writable } from 'node:stream';

/**
 * Keeps the process alive when the reader of its output is gone or the disk is full: an agent goes on without its log, which continues when it can be written
 * again. The output of a command is lost silently only where its reader has closed the pipe (`… | head`), or where the command handles errors itself.
 */
export function outliveLostOutput(host: { readonly stdout: Writable; readonly stderr: Writable }): void {
  host.stderr.on('error', () => undefined);
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && host.stdout.listenerCount('error') === 1) throw error;
  });
}
