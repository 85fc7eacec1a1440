import { createLog, type Log, linesOfTurn } from '@evertoken/service';
import type { Terminal } from './terminal.ts';

/** The logs of a run, to standard error: readable lines for a person at a terminal, JSON lines for programs. */
export interface RunLog {
  logOf(program: string, level?: string): Log;
  /** For what is to go to standard output: readable where that is a terminal. */
  outputLogOf(program: string): Log;
  /** Whether lines are for a person. */
  readonly isPretty: boolean;
  /** Writes the lines that were held back, and from then on each line at once. */
  release(): void;
}

/** Opens the logs. With `isHeld`, lines for a person wait for `release`, so that they come after what the command prints first. */
export function openRunLog(options: { format?: 'json' | 'pretty'; isHeld?: boolean }, terminal: Terminal): RunLog {
  const isPrettyAt = (isTerminal: boolean): boolean => (options.format ?? (isTerminal ? 'pretty' : 'json')) === 'pretty';
  const isPretty = isPrettyAt(terminal.isErrorTerminal);
  let held: string[] | undefined = options.isHeld === true && isPretty ? [] : undefined;
  const write = (text: string): void => {
    if (held === undefined) terminal.stderr.write(text);
    else held.push(text);
  };
  const destination = isPretty ? { write } : linesOfTurn(write);
  return {
    isPretty,
    logOf: (program, level) =>
      createLog({ program, pretty: isPretty, color: terminal.hasErrorColor, destination, ...(level === undefined ? {} : { level }) }),
    outputLogOf(program) {
      const { stdout, hasOutputColor: color } = terminal;
      // A full disk there must not end what runs.
      stdout.on('error', () => undefined);
      const output = { write: (line: string): void => void stdout.write(line) };
      return createLog({ program, pretty: isPrettyAt(terminal.isOutputTerminal), color, destination: output });
    },
    release() {
      const lines = held ?? [];
      held = undefined;
      for (const line of lines) write(line);
    },
  };
}
