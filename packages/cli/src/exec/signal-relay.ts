import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ChildProgram } from './child-program.ts';

const relayed = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
/** What tells a program to end, sooner or later; who lives on is not started again. A hangup is taken for something else by many, such as a reload. */
const final: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGQUIT']);

/** What a terminal itself sends to every process that stands in its foreground. */
const ofTerminal: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/** Passes signals on to a program. Before there is one, a signal that ends programs ends this process as it would have. */
export class SignalRelay {
  #child: ChildProgram | undefined;
  #isToEnd = false;
  #lastHangup = Number.NEGATIVE_INFINITY;

  constructor() {
    for (const signal of relayed) process.on(signal, this.#relay);
  }

  /** Whether the program has been told to end, for good: it may take as long as it likes for that. */
  get isToEnd(): boolean {
    return this.#isToEnd;
  }

  /** When the last hangup came, which ends programs that do not take it for something else: monotonic ms, -Infinity where none has come. */
  get lastHangup(): number {
    return this.#lastHangup;
  }

  /** From now on passes signals on to `child`. */
  relayTo(child: ChildProgram): void {
    this.#child = child;
  }

  close(): void {
    for (const signal of relayed) process.off(signal, this.#relay);
  }

  readonly #relay = (signal: NodeJS.Signals): void => {
    if (final.has(signal)) this.#isToEnd = true;
    if (signal === 'SIGHUP') this.#lastHangup = performance.now();
    if (this.#child === undefined && (final.has(signal) || signal === 'SIGHUP')) process.exit(128 + constants.signals[signal]);
    if (!(ofTerminal.has(signal) && isInForeground())) this.#child?.signal(signal);
  };
}

/** Whether this process, and so the program too, stands in the foreground of a terminal. */
function isInForeground(): boolean {
  try {
    // proc_pid_stat(5): after the name in parentheses come state, ppid, pgrp, session, tty_nr, tpgid.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[2] === fields[5];
  } catch {
    return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  }
}
