import { basename } from 'node:path';
import { AgentError } from '../agent-error.ts';
import { readConfigFile } from './config-file.ts';
import { formatProblems } from './config-problem.ts';
import { entriesOf } from './raw-value.ts';

/** The names that a config file gives. */
export interface ConfiguredNames {
  readonly tokens: readonly string[];
  /** Undefined where the file has no `apps:` at all. */
  readonly apps: readonly string[] | undefined;
}

/**
 * The names in a config file, in its order, whatever else is wrong in it: whoever writes the entry of an app has not written all of it yet.
 * A pipe gives what it holds only once, so it is refused where the file has been read before (`isReload`).
 * @throws {AgentError} `config_invalid` where the file cannot be read or is no YAML.
 */
export async function readConfiguredNames(file: string, options: { readonly isReload?: boolean } = {}): Promise<ConfiguredNames> {
  const read = await readConfigFile(file, options);
  if ('problems' in read) {
    const { problems, step = `Mend ${file} at the lines named.` } = read;
    throw new AgentError('config_invalid', { problem: formatProblems(basename(file), problems), step, problems });
  }
  const { tokens, apps } = Object.fromEntries(entriesOf(read.document.value));
  const namesOf = (part: unknown): string[] => entriesOf(part).map(([name]) => name);
  return { tokens: namesOf(tokens), apps: apps === undefined ? undefined : namesOf(apps) };
}
