import { basename } from 'node:path';
import { type AppKeyLines, appKeyLines, type ConfiguredNames, nameProblemOf, newAppKey, readConfiguredNames } from '@evertoken/agent';
import pc from 'picocolors';
import { CliError } from './cli-error.ts';
import { configFileOf, defaultConfigFile } from './config-file.ts';
import { exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Makes an app key and prints it, once, with the lines for the config file, as they fit into it where there is one. Keeps nothing. */
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
  const file = configFileOf(options, terminal);
  const names = file === undefined ? undefined : await readConfiguredNames(file);
  // Those of AUTH0_… in the environment are one token `default`; a file names its own.
  const tokens = names === undefined || names.tokens.length === 0 ? ['default'] : names.tokens;
  const { key, sha256 } = newAppKey();
  const lines = appKeyLines({ app, sha256, tokens }, { file: basename(file ?? defaultConfigFile), apps: names?.apps });
  terminal.stdout.write(
    options.json === true
      ? `${JSON.stringify({ app, key, sha256 }, undefined, 2)}\n`
      : screenOf(app, key, lines, lines.isNewApp ? choiceOf(names) : '', terminal),
  );
}

/** What is still to be done to the tokens in the lines. */
function choiceOf(names: ConfiguredNames | undefined): string {
  if (names === undefined) return ', with the tokens as they are named there';
  return names.tokens.length > 1 ? '; of the tokens leave those that it is to have' : '';
}

function screenOf(app: string, key: string, { where, lines }: AppKeyLines, choice: string, terminal: Terminal): string {
  const { bold, dim } = pc.createColors(terminal.hasOutputColor);
  const once = `This is the only time that the key is shown; give it to ${app}.`;
  return `${[bold(key), '', dim(once), dim(`${where}${choice}:`), '', lines].join('\n')}\n`;
}
