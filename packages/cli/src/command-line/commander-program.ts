import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import type { CommandSpec, Invocation, OptionSpec } from './command.ts';
import { globalOptions } from './global-options.ts';
import { commandHelp, programHelp } from './help-text.ts';

/**
 * Reads a command line with commander, runs the command, and answers the exit code: 2 for a wrong command line, with a message.
 * @throws whatever the command throws.
 */
export async function runWithCommander(
  commands: readonly CommandSpec[],
  line: readonly string[],
  rest: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let code: number = exitCode.ok;
  const program = commanderProgram(commands, terminal, async (spec, call) => {
    code = (await spec.run({ ...call, rest, line, commands, terminal })) ?? exitCode.ok;
  });
  try {
    await program.parseAsync(line, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    throw error;
  }
}

/** The command tree as commander has it. */
export function commanderProgram(
  commands: readonly CommandSpec[],
  terminal: Terminal,
  run: (spec: CommandSpec, call: Pick<Invocation, 'args' | 'options'>) => Promise<void> = () => Promise.resolve(),
): Command {
  const program = new Command('evertoken')
    .version(version)
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.columns ?? 80,
      getErrHelpWidth: () => terminal.columns ?? 80,
      outputError: (text, write) => write(`✖ ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError('  See the same command with --help.')
    .helpCommand(false)
    .exitOverride();
  // The help is the same whether commander or `plain-reading.ts` reads the command line.
  program.configureHelp({ formatHelp: (_command, { helpWidth }) => programHelp(commands, undefined, helpWidth) });
  for (const option of globalOptions) program.addOption(commanderOption(option));
  for (const spec of commands) addCommand(program, spec, commands, run);
  return program;
}

function addCommand(
  program: Command,
  spec: CommandSpec,
  commands: readonly CommandSpec[],
  run: (spec: CommandSpec, call: Pick<Invocation, 'args' | 'options'>) => Promise<void>,
): void {
  const [first = '', second] = spec.name.split(' ');
  const parent = second === undefined ? program : groupOf(program, first, commands);
  const command = parent.command([second ?? first, ...(spec.arguments ?? [])].join(' '));
  for (const option of spec.options ?? []) command.addOption(commanderOption(option));
  // Who forgets the -- is told of an argument too much, or of an option that is the other program's.
  if (spec.rest !== undefined) {
    command.showHelpAfterError(`  What is to run stands after --, as in: ${spec.examples[0]}\n  See the same command with --help.`);
  }
  command.configureHelp({ formatHelp: (_command, { helpWidth }) => commandHelp(spec, helpWidth) }).action(async () => {
    const isListed = spec.arguments?.some((name) => name.includes('...')) === true;
    await run(spec, { args: isListed ? command.args : (command.processedArgs as string[]), options: command.optsWithGlobals() });
  });
}

function groupOf(program: Command, name: string, commands: readonly CommandSpec[]): Command {
  const group = program.commands.find((command) => command.name() === name);
  return group ?? program.command(name).configureHelp({ formatHelp: (_group, { helpWidth }) => programHelp(commands, name, helpWidth) });
}

function commanderOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.conflicts !== undefined) option.conflicts([...spec.conflicts]);
  if (spec.read !== undefined) option.argParser((text: string) => readValue(spec, text));
  if (spec.isRepeatable === true) option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  return option;
}

function readValue(spec: OptionSpec, text: string): unknown {
  try {
    return spec.read?.(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
