import { basename } from 'node:path';
import { appKeyLines, type ConfiguredNames, nameProblemOf, newAppKey, readConfiguredNames } from '@evertoken/agent';
import pc from 'picocolors';
import { CliError } from './cli-error.ts';
import { configFileOf, defaultConfigFile } from './config-file.ts';
import { exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/**
 * Makes an app key and prints it, once, with the lines for the config file, as they fit into it where there is one that can be read. One that an option
 * names must be; JSON has no lines. Keeps nothing.
 */
export async function printNewKey(app: string, options: { config?: string; json?: boolean }, terminal: Terminal): Promise<void> {
  const problem = nameProblemOf(app);
  if (problem !== undefined) {
    throw new CliError({
      problem: `The name of an app ${problem}`,
      place: `evertoken key new ${app}`,
      step: 'Choose such a name, like nightly-report.',
      exitCode: exitCode.usage,
    });
  }
  const { key, sha256 } = newAppKey();
  if (options.json === true) {
    terminal.stdout.write(`${JSON.stringify({ app, key, sha256 }, undefined, 2)}\n`);
    return;
  }
  const { names, isUnread } = await configuredNamesOf(options, terminal);
  // Those of AUTH0_… in the environment are one token `default`; a file names its own.
  const tokens = names === undefined || names.tokens.length === 0 ? ['default'] : names.tokens;
  const file = basename(options.config ?? defaultConfigFile);
  // Below `apps: {}` a line more would be no YAML.
  const isReplaced = names?.apps?.length === 0;
  const lines = appKeyLines({ app, sha256, tokens }, { file, apps: isReplaced ? undefined : names?.apps });
  const hints = [
    `This is the only time that the key is shown; give it to ${app}.`,
    ...(isUnread ? [`${file} was not read: the lines are those for a new one. \`evertoken check\` says what is wrong with it.`] : []),
    `${lines.where}${isReplaced ? ', in place of the empty apps' : ''}${lines.isNewApp ? choiceOf(names) : ''}:`,
  ];
  const { bold, dim } = pc.createColors(terminal.hasOutputColor);
  terminal.stdout.write(`${[bold(key), '', ...hints.map((hint) => dim(hint)), '', lines.lines].join('\n')}\n`);
}

/** The names in the config; undefined where there is none, or where it cannot be read and no option names it. */
async function configuredNamesOf(
  options: { config?: string },
  terminal: Terminal,
): Promise<{ names: ConfiguredNames | undefined; isUnread: boolean }> {
  try {
    const file = configFileOf(options, terminal);
    return { names: file === undefined ? undefined : await readConfiguredNames(file), isUnread: false };
  } catch (error) {
    // Who only wants a key gets one, whatever lies in this folder.
    if (options.config !== undefined) throw error;
    return { names: undefined, isUnread: true };
  }
}

/** What is still to be done to the tokens in the lines. */
function choiceOf(names: ConfiguredNames | undefined): string {
  if (names === undefined) return ', with the tokens as they are named there';
  return names.tokens.length > 1 ? '; of the tokens leave those that it is to have' : '';
}
