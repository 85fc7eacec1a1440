import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import type { CommandSpec } from './command.ts';
import { commanderProgram } from './commander-program.ts';
import { environmentText, exitCodesText } from './help-topics.ts';

const topics: Readonly<Record<string, (commands: readonly CommandSpec[]) => string>> = {
  'exit-codes': exitCodesText,
  environment: environmentText,
};

/** Prints the help of a command, of a topic, or of all. Throws a CliError (exit code 2), with the nearest name, where there is none such. */
export async function printHelp(
  words: readonly (string | undefined)[],
  commands: readonly CommandSpec[],
  terminal: Terminal,
): Promise<void> {
  const name = words.filter((word) => word !== undefined).join(' ');
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
  if (topic !== undefined) {
    terminal.stdout.write(topic(commands));
    return;
  }
  let command = commanderProgram(commands, terminal);
  for (const word of name.split(' ').filter(Boolean)) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) throw await unknownTopic(name, commands);
    command = next;
  }
  terminal.stdout.write(helpOf(command));
}

function helpOf(command: ReturnType<typeof commanderProgram>): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

async function unknownTopic(name: string, commands: readonly CommandSpec[]): Promise<CliError> {
  const names = [...commands.map((command) => command.name), ...Object.keys(topics)];
  const { nearestName } = await import('@evertoken/agent');
  const nearest = nearestName(name, names);
  const step = nearest === undefined ? 'See all commands with `evertoken help`.' : `Did you mean ${nearest}?`;
  return new CliError({ problem: `There is no help on ${JSON.stringify(name)}`, step, exitCode: exitCode.usage });
}
