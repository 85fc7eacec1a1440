import { basename } from 'node:path';
import { AgentError } from '../agent-error.ts';
import type { App } from '../apps/app-directory.ts';
import { appOf } from './app-entry.ts';
import { readConfigFile } from './config-file.ts';
import { ConfigLayers } from './config-layers.ts';
import { type ConfigProblem, formatProblems } from './config-problem.ts';
import { configSchema } from './config-schema.ts';
import { describeIssues } from './describe-issues.ts';

/**
 * The apps of a config file, in its order. Reads nothing that the file refers to: no secret is needed to know who has a key.
 * @throws {AgentError} `config_invalid` where the file cannot be read or has another form.
 */
export async function readConfiguredApps(file: string): Promise<readonly App[]> {
  const read = await readConfigFile(file);
  if ('problems' in read) throw invalid(file, read.problems, read.step);
  const layers = new ConfigLayers(read.document, []);
  const checked = configSchema.safeParse(layers.value);
  if (!checked.success) throw invalid(file, describeIssues(checked.error.issues, layers));
  return Object.entries(checked.data.apps ?? {}).map(([name, entry]) => appOf(name, entry));
}

function invalid(file: string, problems: readonly ConfigProblem[], step = `Mend ${file} at the lines named.`): AgentError {
  return new AgentError('config_invalid', { problem: formatProblems(basename(file), problems), step, problems });
}
