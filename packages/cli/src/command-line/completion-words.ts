import { type CommandSpec, flagsOf, type OptionSpec } from './command.ts';
import { globalOptions } from './global-options.ts';

/** An option as completion needs it. */
export interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly value:
    | { readonly kind: 'choices'; readonly choices: readonly string[] }
    | { readonly kind: 'file' | 'folder' | 'any' }
    | undefined;
}

/** What may follow a command. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Words that its arguments can be; empty where they are free. */
  readonly words: readonly string[];
  /** Whether a program and its arguments follow after `--`. */
  readonly hasRest: boolean;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Every command. */
export function completedCommands(commands: readonly CommandSpec[]): readonly CompletedCommand[] {
  return commands.map((command) => ({
    name: command.name,
    description: command.description,
    options: [...(command.options ?? []), ...globalOptions].map(completedOption),
    words: wordsOf(command, commands),
    hasRest: command.rest !== undefined,
  }));
}

/** The first words of commands, each once. */
export function firstWords(commands: readonly CommandSpec[]): readonly string[] {
  return [...new Set(commands.map((command) => command.name.split(' ', 1)[0] ?? ''))];
}

/** The second words of commands that have two, by their first. */
export function secondWords(commands: readonly CommandSpec[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second]);
  }
  return groups;
}

function wordsOf({ name }: CommandSpec, commands: readonly CommandSpec[]): readonly string[] {
  if (name === 'completion') return ['bash', 'zsh', 'fish'];
  if (name === 'call') return methods;
  if (name === 'tenant keys') return ['list', 'rotate', 'revoke'];
  return name === 'help' ? [...firstWords(commands), 'exit-codes', 'environment'] : [];
}

/** An option out of its specification. */
export function completedOption(option: OptionSpec): CompletedOption {
  const { long, short, takesValue } = flagsOf(option);
  const { choices, description, flags } = option;
  const kind = /<folder/.test(flags) ? 'folder' : /<file/.test(flags) ? 'file' : 'any';
  return { long, short, description, value: choices !== undefined ? { kind: 'choices', choices } : takesValue ? { kind } : undefined };
}
