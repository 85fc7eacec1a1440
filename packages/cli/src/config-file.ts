import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Terminal } from './terminal.ts';

/** Name of the config file where none is named. */
export const defaultConfigFile = 'evertoken.yaml';

/** Absolute path of the config file: the one that is named, else `evertoken.yaml` of the current folder where it exists. */
export function configFileOf(options: { config?: string }, terminal: Terminal): string | undefined {
  if (options.config !== undefined) return resolve(terminal.cwd, options.config);
  const file = resolve(terminal.cwd, defaultConfigFile);
  return existsSync(file) ? file : undefined;
}
