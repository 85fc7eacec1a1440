import closeWithGrace from 'close-with-grace';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';

/**
 * Stops `lifecycle` and ends the process: exit code 0 on SIGINT, SIGTERM, SIGHUP or SIGQUIT; 1 on an uncaught error, a failed stop or one that takes
 * longer than `graceMs` (default 15 000: listeners alone may take 10 000 for the requests under way, and what comes after them must have its turn). A second signal ends the process at once. With `onHangup` SIGHUP calls that instead, as daemons reload on it. The
 * answer's `uninstall` takes the listeners back.
 */
export function stopOnSignals(
  lifecycle: Lifecycle,
  options: { log: Log; graceMs?: number; onHangup?: () => void },
): { uninstall: () => void } {
  const { log, graceMs = 15_000, onHangup } = options;
  const stopping = closeWithGrace(
    {
      delay: graceMs,
      // A crash signal must leave its core dump, and an empty event loop is no reason to stop.
      skip: [
        'SIGILL',
        'SIGTRAP',
        'SIGABRT',
        'SIGBUS',
        'SIGFPE',
        'SIGSEGV',
        'SIGUSR2',
        'beforeExit',
        ...(onHangup === undefined ? [] : ['SIGHUP' as const]),
      ],
      logger: { error: (error: unknown) => log.error({ event: 'process.stop_failed', err: error }, 'stopping failed') },
      onSecondSignal: (signal) => log.warn({ event: 'process.killed', signal }, 'second signal: ending at once'),
      onSecondError: (error) => log.error({ event: 'process.crashed', err: error }, 'a further error while stopping: ending at once'),
      onTimeout: (delay) => log.error({ event: 'process.stop_timeout', grace_ms: delay }, 'stopping took too long: ending at once'),
    },
    async ({ err, signal }) => {
      if (err !== undefined) log.fatal({ event: 'process.crashed', err }, 'an unexpected error: stopping');
      else log.info({ event: 'process.stopping', signal }, 'stopping');
      await lifecycle.stop();
    },
  );
  if (onHangup !== undefined) process.on('SIGHUP', onHangup);
  return {
    uninstall() {
      stopping.uninstall();
      if (onHangup !== undefined) process.off('SIGHUP', onHangup);
    },
  };
}
