import { Lifecycle, stopOnSignals } from '@evertoken/service';
import { openRunLog, type RunLog } from './run-log.ts';
import type { Terminal } from './terminal.ts';

/** What stands up with: its end is told to `lifecycle`. */
export interface BannerRun {
  readonly terminal: Terminal;
  readonly lifecycle: Lifecycle;
  readonly runLog: RunLog;
}

/**
 * Runs what `standUp` starts until a signal comes. Resolves when it stands and the banner that it answers is printed; a person's log lines come
 * after it. Where it fails, what stood already is stopped. `program`: whose log tells of signals.
 */
export async function runWithBanner(
  { program, format, terminal }: { program: string; format: 'json' | 'pretty' | undefined; terminal: Terminal },
  standUp: (run: BannerRun) => Promise<string>,
): Promise<void> {
  const runLog = openRunLog({ isHeld: true, ...(format !== undefined && { format }) }, terminal);
  const lifecycle = new Lifecycle();
  const signals = stopOnSignals(lifecycle, { log: runLog.logOf(program) });
  try {
    terminal.stdout.write(await standUp({ terminal, lifecycle, runLog }));
    runLog.release();
  } catch (error) {
    // A signal during the start has already begun to stop what stands, and ends the process.
    if (lifecycle.signal.aborted) return;
    signals.uninstall();
    runLog.release();
    await lifecycle.stop();
    throw error;
  }
}
