import { join } from 'node:path';
import type { Log, StateFolder } from '@evertoken/service';
import { readOwnFile } from './own-file.ts';
import { shellQuote } from './shell-quote.ts';

/** Name of the file in the state folder that programs source: `set -a; . .evertoken/env`. */
export const envFileName = 'env';

/** Environment variables by name, in the order they are written. */
export type EnvEntries = Readonly<Record<string, string>>;

/** The file's text: a `NAME='value'` line each. */
export function formatEnvFile(entries: EnvEntries): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join('');
}

/**
 * Writes the entries into the file of the state folder, unless they are there already, and answers its absolute path. Where it cannot be written, for instance
 * because the disk is full, the log gets a warning: programs that know the agent already can go on.
 */
export async function writeEnvFile(folder: StateFolder, entries: EnvEntries, log: Log): Promise<string> {
  const text = formatEnvFile(entries);
  try {
    if ((await folder.read(envFileName)) !== text) await folder.writePrivate(envFileName, text);
  } catch (error) {
    log.warn(
      { event: 'env_file.not_written', err: error },
      `programs and commands do not find this agent by themselves: ${(error as Error).message}`,
    );
  }
  return folder.file(envFileName);
}

/** Reads what {@link formatEnvFile} wrote; comments, blank lines and unquoted values are taken too, anything else is left out. */
export function parseEnvFile(text: string): Record<string, string> {
  const entries: Record<string, string> = {};
  // A quoted value may hold line ends, so this walks over the text and not over its lines.
  for (const match of text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=((?:'[^']*'|\\'|[^\s'"\\#])*)[ \t]*$/gm)) {
    const [, name = '', word = ''] = match;
    entries[name] = word.replace(/'([^']*)'|\\(')/g, (_whole, quoted?: string, escaped?: string) => quoted ?? escaped ?? '');
  }
  return entries;
}

/** The entries of the state folder's file; undefined where there is none. Throws a CliError for one that is not this user's alone. */
export async function readEnvFile(home: string): Promise<Record<string, string> | undefined> {
  const text = await readOwnFile(join(home, envFileName));
  return text === undefined ? undefined : parseEnvFile(text);
}
