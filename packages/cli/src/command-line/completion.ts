import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import type { CommandSpec } from './command.ts';
import { bashCompletion } from './completion-bash.ts';
import { fishCompletion } from './completion-fish.ts';
import { zshCompletion } from './completion-zsh.ts';

const scripts: Readonly<Record<string, (commands: readonly CommandSpec[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Prints the completion script for a shell. */
export function printCompletion(shell: string, commands: readonly CommandSpec[], terminal: Terminal): void {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) {
    const step = 'Name one of bash, zsh, fish.';
    throw new CliError({ problem: `There is no completion for the shell ${JSON.stringify(shell)}`, step, exitCode: exitCode.usage });
  }
  terminal.stdout.write(script(commands));
}
