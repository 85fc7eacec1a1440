import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';

/** A token that a program is to have. */
export interface WantedToken {
  readonly name: string;
  /** Environment variable that gets the token, or the path of the file with it. */
  readonly variable: string;
  readonly isFile: boolean;
}

/** Variables that decide how a program starts. With a token in one of them the program would not start, or would load something else. */
const startVariables = /^(?:PATH|IFS|ENV|BASH_ENV|NODE_OPTIONS|LD_\w+|DYLD_\w+)$/;

/** Reads the `NAME=VARIABLE` of each `-t`; those after `--file` in `line` are files. Throws a CliError (exit code 2). */
export function wantedTokens(texts: readonly string[], line: readonly string[]): readonly WantedToken[] {
  const fileAt = line.indexOf('--file');
  const before = (fileAt === -1 ? line : line.slice(0, fileAt)).filter((word) => /^(?:-t|--token(?:=|$))/.test(word)).length;
  if (fileAt !== -1 && before >= texts.length && texts.length > 0) {
    throw usage('--file is about every -t after it, and there is none', 'Write --file before the -t that it is meant for.');
  }
  if (texts.length === 0) throw usage('No token is named', 'Name each with its variable, as in -t management=AUTH0_TOKEN.');
  const wanted = texts.map((text, index) => ({ ...readWanted(text), isFile: index >= before }));
  const twice = wanted.find(({ variable }, index) => wanted.findIndex((other) => other.variable === variable) !== index);
  if (twice !== undefined) throw usage(`Two tokens are to go into ${twice.variable}`, 'Give each a variable of its own.');
  return wanted;
}

function readWanted(text: string): { name: string; variable: string } {
  const [, name, variable] = /^([^=]+)=([A-Za-z_]\w*)$/.exec(text) ?? [];
  if (variable !== undefined && startVariables.test(variable)) {
    throw usage(`The start of a program depends on ${variable}, which cannot hold a token`, 'Choose another variable, like AUTH0_TOKEN.');
  }
  if (name !== undefined && variable !== undefined) return { name, variable };
  throw usage(
    `A token and its variable are written NAME=VARIABLE, not ${JSON.stringify(text)}`,
    'Write it like -t management=AUTH0_TOKEN.',
  );
}

function usage(problem: string, step: string): CliError {
  return new CliError({ problem, step, exitCode: exitCode.usage });
}
