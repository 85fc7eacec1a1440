import { type CommandSpec, flagsOf, meaningOf, type OptionSpec } from './command.ts';
import { globalOptions } from './global-options.ts';

const about = 'What looks like a permanent token: an ever-fresh machine-to-machine token for every program on the machine.';
const examples = ['npx evertoken dev', 'AUTH0_DOMAIN=acme.eu.auth0.com AUTH0_CLIENT_ID=… AUTH0_CLIENT_SECRET=… npx evertoken start'];
const notes = `Exit codes: 0 ok, 1 failure, 2 wrong use, 3 no agent is running; all of them: evertoken help exit-codes.
EVERTOKEN_DEBUG=1 adds the stack to an error; NO_COLOR=1 takes colours away, FORCE_COLOR=1 gives them also to a pipe.`;

const helpOption: OptionSpec = { flags: '-h, --help', description: 'show this help' };
const versionOption: OptionSpec = { flags: '-V, --version', description: 'print the version' };

/** The help of one command. */
export function commandHelp(command: CommandSpec, columns = 80): string {
  const { name, arguments: args = [], rest, description, options = [] } = command;
  const usage = ['evertoken', name, '[options]', ...args, ...(rest === undefined ? [] : ['--', rest])].join(' ');
  return page(
    usage,
    description,
    [
      ['Options', [...options, helpOption].map(optionRow)],
      ['Options of every command', globalOptions.map(optionRow)],
      ['Examples', command.examples],
    ],
    columns,
  );
}

/** The help of all commands, or of those whose name begins with the word `group`. */
export function programHelp(commands: readonly CommandSpec[], group: string | undefined, columns = 80): string {
  const shown = commands.filter(({ name }) => group === undefined || name.startsWith(`${group} `));
  const rows = shown.map(({ name, arguments: args = [], description }): Row => [[name, ...args].join(' '), description]);
  const usage = ['evertoken', ...(group === undefined ? [] : [group]), '[options]', 'COMMAND'].join(' ');
  const sections: Section[] = [
    ['Options', [...globalOptions, ...(group === undefined ? [versionOption] : []), helpOption].map(optionRow)],
    ['Commands', rows],
    ['Examples', group === undefined ? examples : shown.flatMap((command) => command.examples)],
  ];
  return `${page(usage, group === undefined ? about : '', sections, columns)}${group === undefined ? `\n${notes}\n` : ''}`;
}

type Row = readonly [term: string, text: string];
type Section = readonly [title: string, lines: readonly (Row | string)[]];

function page(usage: string, description: string, sections: readonly Section[], columns: number): string {
  const terms = sections.flatMap(([, lines]) => lines.flatMap((line) => (typeof line === 'string' ? [] : [line[0].length])));
  const width = Math.min(30, Math.max(...terms));
  const shown = sections.map(([title, lines]) => [
    `${title}:`,
    ...lines.map((line) => (typeof line === 'string' ? `  ${line}` : rowText(line, width, columns))),
  ]);
  const told = description === '' ? [] : [wrapped(description, columns, 0)];
  return `${[[`Usage: ${usage}`], told, ...shown]
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`;
}

function optionRow(option: OptionSpec): Row {
  // Options without a short name are indented, so that all long names are below each other.
  const isLongOnly = flagsOf(option).short === undefined;
  return [isLongOnly ? `    ${option.flags}` : option.flags, meaningOf(option)];
}

function rowText([term, text]: Row, width: number, columns: number): string {
  const body = wrapped(text, columns, width + 4);
  return term.length > width ? `  ${term}\n${' '.repeat(width + 4)}${body}` : `  ${term.padEnd(width)}  ${body}`;
}

/** `text` in lines of at most `columns`, all but the first indented. */
function wrapped(text: string, columns: number, indent: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < Math.max(30, columns - indent)) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
