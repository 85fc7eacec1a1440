import { type AgentConfig, AgentError, type CheckFinding, checkAgent, loadAgentConfig } from '@evertoken/agent';
import { openStateFolder, type StateFolder } from '@evertoken/service';
import { caOnDemand } from '../ca-on-demand.ts';
import { configFileOf } from '../config-file.ts';
import { exitCode } from '../exit-code.ts';
import { homeOf } from '../home.ts';
import { withProgress } from '../progress.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';
import { formatFinding, formatSummary, formatValues } from './check-screen.ts';

/** Options of `evertoken check`. */
export interface CheckOptions {
  home?: string;
  config?: string;
  offline?: boolean;
  json?: boolean;
}

/**
 * Prints what an agent that is started here would find. Answers 0 where it would work, 1 where something would not, and 2 with all problems where the config is
 * wrong.
 */
export async function runCheck(options: CheckOptions, terminal: Terminal): Promise<number> {
  const file = configFileOf(options, terminal);
  let folder: StateFolder;
  let config: AgentConfig;
  try {
    folder = await openStateFolder(homeOf(options, terminal)).catch((error: unknown) => {
      throw startUpError(error, {});
    });
    config = await loadAgentConfig({ env: terminal.env, folder, ...(file !== undefined && { file }) });
  } catch (error) {
    const isConfig = error instanceof AgentError && error.code === 'config_invalid';
    if (!isConfig) throw error;
    if (options.json === true) terminal.stdout.write(jsonOf({ ok: false, file, problems: error.problems }));
    const { reportError } = await import('../report-error.ts');
    return reportError(error, terminal);
  }
  const isJson = options.json === true;
  const print = (text: string): void => {
    if (!isJson) terminal.stdout.write(text);
  };
  print(formatValues(config, folder.path, terminal));
  const findings = await withProgress('checking', terminal, async (tell) => {
    const all: CheckFinding[] = [];
    for await (const finding of findAll(config, folder, options)) {
      all.push(finding);
      tell(`checked ${finding.area} ${finding.subject}`);
    }
    return all;
  });
  for (const finding of findings) print(formatFinding(finding, terminal));
  print(formatSummary(findings, options.offline === true, terminal));
  const isOk = findings.every((finding) => finding.level !== 'problem');
  if (isJson)
    terminal.stdout.write(jsonOf({ ok: isOk, file: config.file, home: folder.path, values: config.values, notes: config.notes, findings }));
  return isOk ? exitCode.ok : exitCode.failure;
}

async function* findAll(config: AgentConfig, folder: StateFolder, options: CheckOptions): AsyncGenerator<CheckFinding> {
  yield { area: 'state', subject: folder.path, level: 'ok', what: 'is a private folder that can be written' };
  yield* checkAgent({ config, folder, certificate: caOnDemand(folder).certificate, isOffline: options.offline === true });
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
