import { parseArgs } from 'node:util';
import { attributeOf, type CommandSpec, flagsOf, type Invocation, type OptionSpec } from './command.ts';
import { findCommand } from './command-tree.ts';
import { globalOptions } from './global-options.ts';

/**
 * Reads a correct command line that asks for no help, without commander, whose loading alone takes longer than all the rest of `evertoken token`.
 * Undefined for any other command line: commander then says what is wrong, or reads what is written in an unusual way.
 */
export function readPlainly(line: readonly string[]): { command: CommandSpec; call: Pick<Invocation, 'args' | 'options'> } | undefined {
  const found = findCommand(line);
  if (found === undefined || found.command.rest !== undefined) return undefined;
  const { command, rest } = found;
  const specs = [...(command.options ?? []), ...globalOptions];
  if (specs.some((spec) => flagsOf(spec).isList || spec.isRepeatable === true)) return undefined;
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: Object.fromEntries(specs.map(parseOption)),
      allowPositionals: true,
    });
    const args = matchArguments(command.arguments ?? [], positionals);
    return args === undefined ? undefined : { command, call: { args, options: readValues(specs, values) } };
  } catch {
    return undefined;
  }
}

/** The command that `NAME --help` asks about, empty for all commands; undefined for a line that asks for no help. */
export function helpAskedFor(line: readonly string[]): string | undefined {
  const last = line.at(-1);
  const words = line.slice(0, -1);
  return (last === '--help' || last === '-h') && words.every((word) => /^[a-z]/.test(word)) ? words.join(' ') : undefined;
}

function parseOption(spec: OptionSpec): [string, { type: 'string' | 'boolean'; short?: string }] {
  const { short, long, takesValue } = flagsOf(spec);
  return [long, { type: takesValue ? 'string' : 'boolean', ...(short !== undefined && { short }) }];
}

function matchArguments(names: readonly string[], given: readonly string[]): (string | undefined)[] | undefined {
  const isListed = names.some((name) => name.includes('...'));
  const required = names.filter((name) => name.startsWith('<')).length;
  if (isListed || given.length > names.length || given.length < required) return undefined;
  return names.map((_name, index) => given[index]);
}

/** @throws {Error} where a value is none of those that the option takes. */
function readValues(specs: readonly OptionSpec[], values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const spec of specs) {
    const { long } = flagsOf(spec);
    const value = values[long];
    if (value === undefined) continue;
    if (spec.choices !== undefined && !spec.choices.includes(String(value))) throw new Error('none of the choices');
    options[attributeOf(long)] = spec.read === undefined ? value : spec.read(String(value));
  }
  const conflict = specs.some((spec) => attributeOf(flagsOf(spec).long) in options && spec.conflicts?.some((name) => name in options));
  if (conflict) throw new Error('options that exclude each other');
  return options;
}
