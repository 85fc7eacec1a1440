import { type ChildProcess, spawn } from 'node:child_process';

/** What a process is started with. */
export interface SpawnOptions {
  /** Working directory. Default: that of the tests. */
  readonly cwd?: string;
  /** The whole environment: nothing is inherited. Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to its standard input, which is then closed. Default: empty. */
  readonly input?: string;
  /** Whom it runs as; only root may say so. Default: who runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** How a process ended and all that it printed. */
export interface FinishedProcess {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real process under test, in a process group of its own. */
export interface SpawnedProcess {
  readonly pid: number;
  /** Printed so far to standard output. */
  readonly stdout: string;
  /** Printed so far to standard error. */
  readonly stderr: string;
  /**
   * Resolves once `pattern` matches standard output or standard error. Rejects with all output if the process ends or `deadlineMs` (default 30 000) passes
   * before.
   */
  waitFor(pattern: RegExp, deadlineMs?: number): Promise<RegExpMatchArray>;
  /** Sends a signal to the whole group, as Ctrl-C in a terminal does. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended. Rejects with all output if `deadlineMs` (default 30 000) passes before. */
  exit(deadlineMs?: number): Promise<FinishedProcess>;
  /** Kills what is left of the group; resolves when the process has ended. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What was started and all that it printed. */
export interface Printed {
  /** Command and arguments. */
  readonly title: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: string;
  readonly stderr: string;
}

const watchers = new Set<(printed: Printed) => void>();

/** Shows `watcher` what each process printed that ends from now on; ends that with the returned function. */
export function watchProcesses(watcher: (printed: Printed) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

const running = new Set<ChildProcess>();

function killRunning(): void {
  for (const child of running) killGroup(child, 'SIGKILL');
}

/** Starts a process. It never outlives the tests, even where nobody stops it. */
export function spawnProcess(command: string, args: readonly string[], options: SpawnOptions = {}): SpawnedProcess {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...options.env }, detached: true, stdio: 'pipe', ...options.user });
  const title = [command, ...args].join(' ');
  const printed = { stdout: '', stderr: '' };
  const onChange = new Set<() => void>();
  const tell = () => {
    for (const listener of [...onChange]) listener();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
      tell();
    });
  }
  // A process that ends early closes the pipe: its exit says more than the failed write.
  child.stdin.on('error', () => undefined).end(options.input ?? '');

  let ended: FinishedProcess | undefined;
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
    tell();
  });
  running.add(child);
  if (!process.listeners('exit').includes(killRunning)) process.once('exit', killRunning);
  child.on('close', (code, signal) => {
    running.delete(child);
    ended = { code, signal, ...printed };
    for (const watcher of watchers) watcher({ title, env: options.env ?? {}, ...printed });
    tell();
  });

  /** Resolves with the first defined answer of `look`, which is asked now and after each change. */
  function until<T>(what: string, deadlineMs: number, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        onChange.delete(check);
        finish();
      };
      const giveUp = (why: string) => {
        const output = `── stdout ──\n${printed.stdout}\n── stderr ──\n${printed.stderr}`;
        settle(() => reject(new Error(`${title}: ${why} ${what}\n${output}`, { cause: failure })));
      };
      const check = () => {
        const found = look();
        if (found !== undefined) settle(() => resolve(found));
        else if (failure !== undefined) giveUp(`could not run (${failure.message}), so there was no`);
        else if (ended !== undefined) giveUp(`ended with ${ended.signal ?? `code ${ended.code}`} without`);
      };
      const timer = setTimeout(() => giveUp(`${deadlineMs} ms passed without`), deadlineMs);
      onChange.add(check);
      check();
    });
  }

  const stop = async () => {
    killGroup(child, 'SIGKILL');
    if (failure === undefined) await until('end after SIGKILL', 10_000, () => ended);
  };
  return {
    pid: child.pid ?? -1,
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
    waitFor: (pattern, deadlineMs = 30_000) =>
      until(`a match of ${pattern}`, deadlineMs, () => printed.stdout.match(pattern) ?? printed.stderr.match(pattern) ?? undefined),
    signal: (name) => killGroup(child, name),
    exit: (deadlineMs = 30_000) => until('end', deadlineMs, () => ended),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs a process to its end. Kills it and rejects with all output if `deadlineMs` (default 30 000) passes before. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly deadlineMs?: number } = {},
): Promise<FinishedProcess> {
  const running = spawnProcess(command, args, options);
  try {
    return await running.exit(options.deadlineMs);
  } finally {
    await running.stop();
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: nobody of the group is left, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
