import type { Readable, Writable } from 'node:stream';
import { CliError } from './cli-error.ts';

/** What a command sees of the world around it; made from `process` in bin.ts alone. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. Throws a CliError where it is there no more, or closed to this user. */
  readonly cwd: string;
  /** Path of the script that runs, as in `process.argv[1]`. */
  readonly script: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether a person types into standard input. */
  readonly isInputTerminal: boolean;
  /** Columns of the terminal that standard output is; undefined where it is none. */
  readonly columns: number | undefined;
  /** Whether a person reads standard output, or standard error, at a terminal. */
  readonly isOutputTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** Whether to colour what goes there; never where NO_COLOR is set (https://no-color.org), in a pipe only where FORCE_COLOR is. */
  readonly hasOutputColor: boolean;
  readonly hasErrorColor: boolean;
}

/** The terminal of this process. */
export function terminalOf(host: NodeJS.Process): Terminal {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = host.env;
  const hasColor = (isTerminal: boolean): boolean => !no && (force ? force !== '0' : isTerminal && term !== 'dumb');
  return {
    env: host.env,
    get cwd() {
      return currentFolder(host);
    },
    script: host.argv[1] ?? 'evertoken',
    // Opening a stream takes time, so a command opens only those that it uses.
    get stdin() {
      return host.stdin;
    },
    get stdout() {
      return host.stdout;
    },
    get stderr() {
      return host.stderr;
    },
    get isInputTerminal() {
      return host.stdin.isTTY === true;
    },
    get isOutputTerminal() {
      return host.stdout.isTTY === true;
    },
    get isErrorTerminal() {
      return host.stderr.isTTY === true;
    },
    get columns() {
      return host.stdout.isTTY === true ? host.stdout.columns : undefined;
    },
    get hasOutputColor() {
      return hasColor(host.stdout.isTTY === true);
    },
    get hasErrorColor() {
      return hasColor(host.stderr.isTTY === true);
    },
  };
}

function currentFolder(host: NodeJS.Process): string {
  try {
    return host.cwd();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CliError({
      problem: `The current folder cannot be found (${code ?? message})`,
      ...(host.env['PWD'] && { place: host.env['PWD'] }),
      step: 'Change to a folder that is there, and run it again.',
      cause,
    });
  }
}
