import type { CommandSpec } from './command.ts';
import {
  type CompletedCommand,
  type CompletedOption,
  completedCommands,
  completedOption,
  firstWords,
  secondWords,
} from './completion-words.ts';
import { globalOptions } from './global-options.ts';

/** The completion for fish: `evertoken completion fish > ~/.config/fish/completions/evertoken.fish`. */
export function fishCompletion(specs: readonly CommandSpec[]): string {
  const groups = secondWords(specs);
  const commands = completedCommands(specs);
  const descriptionOf = (first: string): string =>
    commands.find(({ name }) => name === first)?.description ?? `${first} ${groups.get(first)?.join(', ')}`;
  // Not __fish_use_subcommand, which takes the folder in `evertoken --home FOLDER` for one.
  const isFirst = `-n 'not __fish_seen_subcommand_from ${firstWords(specs).join(' ')}'`;
  const first = [
    ...globalOptions.map((spec) => optionLine(isFirst, completedOption(spec))),
    ...firstWords(specs).map((word) => `complete -c evertoken -f ${isFirst} -a ${word} -d ${quoted(descriptionOf(word))}`),
  ];
  const second = [...groups].map(
    ([word, words]) =>
      `complete -c evertoken -f -n '__fish_seen_subcommand_from ${word}; and not __fish_seen_subcommand_from ${words.join(' ')}' -a '${words.join(' ')}'`,
  );
  return `${['# fish completion of evertoken', ...first, ...second, ...commands.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf({ name, options, words }: CompletedCommand): string[] {
  const condition = `-n '${name
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ')}'`;
  const argument = words.length === 0 ? [] : [`complete -c evertoken -f ${condition} -a '${words.join(' ')}'`];
  return [...argument, ...options.map((option) => optionLine(condition, option))];
}

function optionLine(condition: string, option: CompletedOption): string {
  return `complete -c evertoken ${condition} ${flags(option)} -d ${quoted(option.description)}`;
}

function flags({ long, short, value }: CompletedOption): string {
  const names = `${short === undefined ? '' : `-s ${short} `}-l ${long}`;
  if (value === undefined) return names;
  if (value.kind === 'choices') return `${names} -x -a '${value.choices.join(' ')}'`;
  if (value.kind === 'folder') return `${names} -x -a '(__fish_complete_directories)'`;
  return `${names} ${value.kind === 'file' ? '-r -F' : '-x'}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
