import { Lifecycle, stopOnSignals } from '@evertoken/service';
import { openRunLog, type RunLog } from './run-log.ts';
import type { Terminal } from './terminal.ts';

/** What `standUp` is called with. How to stop what it starts is registered with `lifecycle`. */
export interface BannerRun {
  readonly terminal: Terminal;
  readonly lifecycle: Lifecycle;
  readonly runLog: RunLog;
}

/**
 * Runs what `standUp` starts until a signal comes. Resolves when it runs and the banner that `standUp` answers is printed; log lines for a person come after
 * the banner. Where the start fails, everything that was started is stopped. `program` is the name in the log lines about signals.
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
