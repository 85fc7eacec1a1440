import type { Terminal } from '../terminal.ts';

/** An option of a command. */
export interface OptionSpec {
  /** As help shows it: `-t, --token <name=variable>`. Takes a value where it has `<…>`, several where it ends in `...>`. */
  readonly flags: string;
  readonly description: string;
  /** The values that are allowed, where there are only these. */
  readonly choices?: readonly string[];
  /** Turns the text into the value. Throws a TypeError that says what is expected. */
  readonly read?: (text: string) => unknown;
  /** Whether it may be given several times, each time adding a value. */
  readonly isRepeatable?: boolean;
  /** Attribute names of options that cannot be given beside this one. */
  readonly conflicts?: readonly string[];
}

/** What a command is called with. */
export interface Invocation {
  /** The arguments, one for each of `CommandSpec.arguments`; undefined for those left out. */
  readonly args: readonly (string | undefined)[];
  /** Values of the options by attribute name: `--min-ttl` is `minTtl`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** All that stood after `--`. */
  readonly rest: readonly string[];
  /** The command line as it came, without what stood after `--`. */
  readonly line: readonly string[];
  /** Every command there is. */
  readonly commands: readonly CommandSpec[];
  readonly terminal: Terminal;
}

/** A command: the one truth from which parsing, help, completion and the page of the manual are made. */
export interface CommandSpec {
  /** One or two words: `token`, `key new`. */
  readonly name: string;
  /** `<NAME>`, `[NAME]`, `[WORD...]`. */
  readonly arguments?: readonly string[];
  /** What `-- PROGRAM …` is, where the command takes that. */
  readonly rest?: string;
  readonly description: string;
  readonly options?: readonly OptionSpec[];
  /** Its further exit codes, beside 0, 1 and 2, and what they mean. */
  readonly exitCodes?: Readonly<Record<string, string>>;
  readonly examples: readonly string[];
  /** Runs it; answers the exit code, or nothing for 0. Loads the module of the command only then. */
  readonly run: (call: Invocation) => Promise<number | undefined>;
}

/** The parts of `flags`: `-t`, `--token`, whether a value follows, whether several may. */
export function flagsOf(option: OptionSpec): { short: string | undefined; long: string; takesValue: boolean; isList: boolean } {
  const [, short, long = ''] = /^(?:-(\w), )?--([\w-]+)/.exec(option.flags) ?? [];
  return { short, long, takesValue: option.flags.includes('<'), isList: option.flags.endsWith('...>') };
}

/** What an option is for, with its choices and whether it may be repeated. */
export function meaningOf({ description, choices, isRepeatable }: OptionSpec): string {
  return [
    description,
    ...(choices === undefined ? [] : [`one of ${choices.join(', ')}`]),
    ...(isRepeatable === true ? ['may be repeated'] : []),
  ].join('; ');
}

/** `min-ttl` as the attribute that holds its value: `minTtl`. */
export function attributeOf(long: string): string {
  return long.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}
