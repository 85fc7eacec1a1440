import { basename } from 'node:path';
import { type CheckFinding, loadAgentConfig, mintOnce } from '@evertoken/agent';
import type { StateFolder } from '@evertoken/service';
import { withProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { placesOf, refusedAnswers } from './given-by-option.ts';
import type { InitOptions } from './init-answers.ts';
import type { PreparedConfig } from './write-config.ts';

/** Reads the prepared config as the agent would, and mints its token once, unless told to stay offline. */
export async function tryOut(
  prepared: PreparedConfig,
  target: string,
  folder: StateFolder,
  options: InitOptions,
  terminal: Terminal,
): Promise<readonly CheckFinding[]> {
  const named = (text: string): string => text.replaceAll(basename(prepared.path), basename(target));
  const config = await loadAgentConfig({ env: terminal.env, folder, file: prepared.path }).catch((error: unknown) => {
    const refusal = refusedAnswers(error, options, terminal.cwd);
    if (refusal !== undefined) throw refusal;
    return undefined;
  });
  if (options.offline === true || config === undefined) return [];
  const tokens = config.tokens.map((token) => ({ ...token, places: placesOf(options, token.places) }));
  return await withProgress('testing the credentials', terminal, async () => {
    const findings: CheckFinding[] = [];
    for await (const finding of mintOnce({ ...config, tokens }))
      findings.push({ ...finding, ...(finding.step !== undefined && { step: named(finding.step) }) });
    return findings;
  });
}
