import { type CommandSpec, meaningOf, type OptionSpec } from './command.ts';
import { globalOptions } from './global-options.ts';
import { environmentVariables, exitCodes } from './help-topics.ts';

/** `docs/cli.md`: every command with its options, exit codes and examples. */
export function referencePage(commands: readonly CommandSpec[]): string {
  return `# The command line

Made from the command tree; \`evertoken help\` tells the same.

Options of every command:

${optionTable(globalOptions)}

## Exit codes

${table(['code', 'meaning'], [...exitCodes])}

A command has more where its own section says so.

## Environment

${table(['variable', 'meaning'], [...environmentVariables])}

${commands.map(section).join('\n')}`;
}

function section({ name, arguments: args = [], rest, description, options = [], exitCodes: codes, examples }: CommandSpec): string {
  const usage = [
    'evertoken',
    name,
    ...(options.length === 0 ? [] : ['[options]']),
    ...args,
    ...(rest === undefined ? [] : ['--', rest]),
  ].join(' ');
  const own = codes === undefined ? [] : [table(['code', 'meaning'], Object.entries(codes)), ''];
  return [
    `## evertoken ${name}`,
    '',
    `${description[0]?.toUpperCase()}${description.slice(1)}.`,
    '',
    '```sh',
    usage,
    '',
    ...examples,
    '```',
    '',
    ...(options.length === 0 ? [] : [optionTable(options), '']),
    ...own,
  ].join('\n');
}

function optionTable(options: readonly OptionSpec[]): string {
  return table(
    ['option', 'meaning'],
    options.map((option) => [`\`${option.flags}\``, meaningOf(option)]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
