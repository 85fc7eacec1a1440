import type { AgentOptions } from '../agent-connection.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { withProgress } from '../progress.ts';
import { formatReport } from '../report-error.ts';
import type { Terminal } from '../terminal.ts';
import { type ChildProgram, startProgram } from './child-program.ts';
import { followToken } from './follow-token.ts';
import type { GivenToken, TokenSource } from './given-token.ts';
import { SignalRelay } from './signal-relay.ts';
import { openTokenFiles, type TokenFiles } from './token-files.ts';
import { openTokenSource } from './token-source.ts';
import { untilSurvived } from './until-survived.ts';
import { type WantedToken, wantedTokens } from './wanted-tokens.ts';

/** Options of `evertoken exec`. */
export interface ExecOptions extends AgentOptions {
  config?: string;
  /** `NAME=VARIABLE` each. */
  token?: readonly string[];
  file?: boolean;
  restartOnMint?: boolean;
  passSecrets?: boolean;
}

/** Runs `command` with tokens in its environment or in files that stay fresh. Answers its exit code, 128 + n where signal n ended it. */
export async function runExec(
  call: { options: ExecOptions; line: readonly string[]; command: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const { options, line, command } = call;
  const wanted = wantedTokens(options.token ?? [], line);
  if (!command[0]) {
    const step = 'Write it after --, as in `evertoken exec -t management=AUTH0_TOKEN -- node report.js`.';
    const problem = command.length === 0 ? 'No program is named' : 'The name of the program is empty';
    throw new CliError({ problem, step, exitCode: exitCode.usage });
  }
  const names = [...new Set(wanted.map(({ name }) => name))];
  const source = await openTokenSource(options, names, terminal);
  const signals = new SignalRelay();
  let files: TokenFiles | undefined;
  const removeFiles = (): void => files?.remove();
  process.once('exit', removeFiles);
  try {
    const tokens = await withProgress('getting the tokens', terminal, () => getAll(source, names));
    if (wanted.some(({ isFile }) => isFile)) files = await openTokenFiles(terminal.env);
    for (const { name, variable, isFile } of wanted) if (isFile) await files?.write(variable, tokens.get(name)?.value ?? '');
    return await supervise({ wanted, tokens, source, files, signals, options, command }, terminal);
  } finally {
    signals.close();
    process.off('exit', removeFiles);
    removeFiles();
    await source.close();
  }
}

async function getAll(source: TokenSource, names: readonly string[]): Promise<Map<string, GivenToken>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await source.get(name)] as const)));
}

interface Run {
  readonly wanted: readonly WantedToken[];
  readonly tokens: Map<string, GivenToken>;
  readonly source: TokenSource;
  readonly files: TokenFiles | undefined;
  readonly signals: SignalRelay;
  readonly options: ExecOptions;
  readonly command: readonly string[];
}

/** Runs the program to its end, and again after each mint where that is asked for. */
async function supervise(run: Run, terminal: Terminal): Promise<number> {
  const { wanted, tokens, source, files, signals, options, command } = run;
  let child: ChildProgram | undefined;
  let isToStartAgain = false;
  let toldToEndAt = 0;

  const following = new AbortController();
  const onReplaced = async (name: string, token: GivenToken): Promise<void> => {
    tokens.set(name, token);
    const mine = wanted.filter((one) => one.name === name);
    for (const { variable, isFile } of mine) if (isFile) await files?.write(variable, token.value);
    if (options.restartOnMint !== true || mine.every(({ isFile }) => isFile)) return;
    const mayEnd = await untilSurvived(signals, following.signal);
    if (!mayEnd || isToStartAgain) return;
    isToStartAgain = true;
    toldToEndAt = performance.now();
    if ((await child?.end()) !== false) return;
    isToStartAgain = false;
    onTrouble(new Error('The program runs as another user, and may not be told to end'));
  };
  const onTrouble = (error: unknown): void => {
    const problem = error instanceof Error ? error.message : String(error);
    const step = 'The program goes on with the token that it has; a new one is tried for by itself.';
    terminal.stderr.write(formatReport({ problem, place: undefined, step }, terminal.hasErrorColor));
  };
  const isFollowed = ({ isFile }: WantedToken): boolean => isFile || options.restartOnMint === true;
  const followed = [...new Set(wanted.filter(isFollowed).map(({ name }) => name))].flatMap((name) => {
    const first = tokens.get(name);
    const watch = { onReplaced: (token: GivenToken) => onReplaced(name, token), onTrouble };
    return first === undefined ? [] : [followToken(source, name, first, watch, following.signal)];
  });
  try {
    for (;;) {
      isToStartAgain = false;
      child = startProgram(command, environmentOf(run, terminal));
      signals.relayTo(child);
      const code = await child.ended;
      // Where a signal came while we ended the program to start it again, it is not started again.
      if (!isToStartAgain || signals.isToEnd || signals.lastHangup >= toldToEndAt) return code;
    }
  } finally {
    following.abort();
    await Promise.all(followed);
  }
}

function environmentOf({ wanted, tokens, files, source, options }: Run, terminal: Terminal): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...terminal.env };
  // A program that has the token needs no secret that mints tokens, and must not leak one.
  if (options.passSecrets !== true) for (const name of source.secretVariables) delete env[name];
  for (const { name, variable, isFile } of wanted) env[variable] = isFile ? files?.pathOf(variable) : tokens.get(name)?.value;
  return env;
}
