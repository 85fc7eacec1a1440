import { join } from 'node:path';
import { requireAgent } from './agent-presence.ts';
import { CliError } from './cli-error.ts';
import { envFileName, readEnvFile } from './env-file.ts';
import { exitCode } from './exit-code.ts';
import { homeOf } from './home.ts';
import { shellQuote } from './shell-quote.ts';
import type { Terminal } from './terminal.ts';

/** Options of `evertoken env`. */
export interface EnvOptions {
  home?: string;
  format?: 'shell' | 'json';
  json?: boolean;
}

/** Prints the variables that the running agent left in the state folder, ready for `eval "$(evertoken env)"`. */
export async function printEnv(options: EnvOptions, terminal: Terminal): Promise<void> {
  const home = homeOf(options, terminal);
  const entries = await readEnvFile(home);
  if (entries === undefined) {
    throw new CliError({
      problem: 'No agent has been started here',
      place: join(home, envFileName),
      step: 'Start one with `evertoken dev` or `evertoken start`, or name its state folder with --home.',
      exitCode: exitCode.noAgent,
    });
  }
  await requireAgent(home);
  const isJson = options.json === true || options.format === 'json';
  const lines = Object.entries(entries).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  terminal.stdout.write(`${isJson ? JSON.stringify(entries, undefined, 2) : lines.join('\n')}\n`);
}
