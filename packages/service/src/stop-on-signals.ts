import closeWithGrace from 'close-with-grace';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';

/**
 * Stops `lifecycle` when the process is asked to end, and then ends the process. The exit code is 0 after SIGINT, SIGTERM, SIGHUP or SIGQUIT. It is 1
 * after an uncaught error, after a stop that failed, and after one that took longer than `graceMs`. A second signal ends the process at once.
 *
 * `graceMs` is 15 000 unless given: listeners may take 10 000 for the requests under way, and what is closed after them needs time too.
 * Where `onHangup` is given, SIGHUP calls it and does not stop the process: daemons reload their config on that signal.
 * `uninstall` of the answer removes all these signal handlers.
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
