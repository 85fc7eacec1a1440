import { createLog, type Log } from '@evertoken/service';
import type { Terminal } from './terminal.ts';

/** The logs of a run, all to standard error: readable lines for a person at a terminal, JSON lines for programs. */
export interface RunLog {
  logOf(program: string, level?: string): Log;
  /** Whether lines are for a person. */
  readonly isPretty: boolean;
  /** Lets lines through, first those held back. */
  release(): void;
}

/** Opens them. With `isHeld` a person's lines wait for `release`, so that they come after what the command prints first. */
export function openRunLog(options: { format?: 'json' | 'pretty'; isHeld?: boolean }, terminal: Terminal): RunLog {
  const isPretty = (options.format ?? (terminal.isErrorTerminal ? 'pretty' : 'json')) === 'pretty';
  let held: string[] | undefined = options.isHeld === true && isPretty ? [] : undefined;
  const destination = {
    write(line: string): void {
      if (held === undefined) terminal.stderr.write(line);
      else held.push(line);
    },
  };
  return {
    isPretty,
    logOf: (program, level) =>
      createLog({ program, pretty: isPretty, color: terminal.hasErrorColor, destination, ...(level === undefined ? {} : { level }) }),
    release() {
      const lines = held ?? [];
      held = undefined;
      for (const line of lines) destination.write(line);
    },
  };
}
