import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder, type StateFolder } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { AgentError } from '../src/agent-error.ts';
import type { AgentConfig } from '../src/config/agent-config.ts';
import { type AgentConfigSource, loadAgentConfig } from '../src/config/load-agent-config.ts';

/** SHA-256 of some app key. */
export const someHash: string = '5f'.repeat(32);

/** One token and one app that reads it; `more` lines stand at the end of the token, `rest` after the app. */
export function smallConfig(more: readonly string[] = [], rest: string = ''): string {
  const lines = ['domain: acme.eu.auth0.com', 'client_id: abc', 'client_secret: s3cret', ...more];
  return `tokens:\n  management:\n${lines.map((line) => `    ${line}\n`).join('')}apps:\n  report: { key_sha256: ${someHash}, tokens: [management] }\n${rest}`;
}

/** A fresh folder, with a state folder in it; both go when the test ends. */
export async function freshHome(): Promise<{ home: string; folder: StateFolder }> {
  const home = await freshFolder();
  return { home, folder: await openStateFolder(join(home, 'state')) };
}

/** Loads `yaml` as a config file in a fresh folder; without it the environment alone. `files` are put beside it. */
export async function load(
  yaml: string | undefined,
  options: Partial<AgentConfigSource> & { files?: Readonly<Record<string, string>> } = {},
): Promise<AgentConfig> {
  const { home, folder } = await freshHome();
  const { files = {}, ...source } = options;
  for (const [name, content] of Object.entries(files)) await writeFile(join(home, name), content);
  const file = join(home, 'evertoken.yaml');
  if (yaml !== undefined) await writeFile(file, yaml);
  return loadAgentConfig({ ...(yaml !== undefined && { file }), env: {}, folder, ...source });
}

/** Every problem of a load, as `line path: message`. */
export async function problemsOf(loading: Promise<unknown>): Promise<string[]> {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AgentError) || error.code !== 'config_invalid') throw error ?? new Error('the config was taken');
  return error.problems.map(({ path, line, message }) => `${line ?? '-'} ${path}: ${message}`);
}
