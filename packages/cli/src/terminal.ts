import type { Readable, Writable } from 'node:stream';

/** What a command sees of the world around it; made from `process` in bin.ts alone. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Path of the script that runs, as in `process.argv[1]`. */
  readonly script: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether a person reads standard output, or standard error, at a terminal. */
  readonly isOutputTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** Whether to colour what goes there; never where NO_COLOR is set (https://no-color.org). */
  readonly hasOutputColor: boolean;
  readonly hasErrorColor: boolean;
}

/** The terminal of this process. */
export function terminalOf(host: NodeJS.Process): Terminal {
  const isOutputTerminal = host.stdout.isTTY === true;
  const isErrorTerminal = host.stderr.isTTY === true;
  const mayColor = !host.env['NO_COLOR'] && host.env['TERM'] !== 'dumb';
  return {
    env: host.env,
    cwd: host.cwd(),
    script: host.argv[1] ?? 'evertoken',
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    isOutputTerminal,
    isErrorTerminal,
    hasOutputColor: isOutputTerminal && mayColor,
    hasErrorColor: isErrorTerminal && mayColor,
  };
}
