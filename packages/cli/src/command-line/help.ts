import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import type { CommandSpec } from './command.ts';
import { commandHelp, programHelp } from './help-text.ts';
import { environmentText, exitCodesText } from './help-topics.ts';

const topics: Readonly<Record<string, (commands: readonly CommandSpec[]) => string>> = {
  'exit-codes': exitCodesText,
  environment: environmentText,
};

/** Prints the help of a command, of a topic, or of all. Throws a CliError (exit code 2) with the nearest name where there is no such command or topic. */
export async function printHelp(
  words: readonly (string | undefined)[],
  commands: readonly CommandSpec[],
  terminal: Terminal,
): Promise<void> {
  const name = words.filter((word) => word !== undefined).join(' ');
  const text = Object.hasOwn(topics, name) ? topics[name]?.(commands) : helpOf(name, commands, terminal.columns);
  if (text === undefined) throw await unknownTopic(name, commands);
  terminal.stdout.write(text);
}

/** The help of the command of that name, of those of a group such as `key`, or of all for an empty one. */
export function helpOf(name: string, commands: readonly CommandSpec[], columns: number | undefined): string | undefined {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return commandHelp(command, columns);
  if (name === '') return programHelp(commands, undefined, columns);
  return commands.some((candidate) => candidate.name.startsWith(`${name} `)) ? programHelp(commands, name, columns) : undefined;
}

async function unknownTopic(name: string, commands: readonly CommandSpec[]): Promise<CliError> {
  const names = [...commands.map((command) => command.name), ...Object.keys(topics)];
  const { nearestName } = await import('@evertoken/agent');
  const nearest = nearestName(name, names);
  const step = nearest === undefined ? 'See all commands with `evertoken help`.' : `Did you mean ${nearest}?`;
  return new CliError({ problem: `There is no help on ${JSON.stringify(name)}`, step, exitCode: exitCode.usage });
}
