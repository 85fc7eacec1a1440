import type { Writable } from 'node:stream';

/**
 * Lets the process outlive readers that are gone and disks that are full: an agent goes on without its log, which continues when it can be written
 * again. What a command prints is lost silently only where its reader has closed the pipe (`… | head`), or where the command itself hears of errors there.
 */
export function outliveLostOutput(host: { readonly stdout: Writable; readonly stderr: Writable }): void {
  host.stderr.on('error', () => undefined);
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && host.stdout.listenerCount('error') === 1) throw error;
  });
}
