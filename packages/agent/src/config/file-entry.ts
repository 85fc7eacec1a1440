import { resolve } from 'node:path';
import type { TokenFileConfig } from './agent-config.ts';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { FileEntry } from './config-schema.ts';
import { didYouMean } from './nearest-name.ts';
import { ownerIds } from './system-ids.ts';

const defaultMode = '0600';

/** Reads the entries of `files`, already checked: users and groups by number, paths from `folder` on, tokens that there are, and no path twice. */
export async function readFileEntries(
  entries: readonly FileEntry[],
  { layers, folder, tokens }: { layers: ConfigLayers; folder: string; tokens: readonly string[] },
): Promise<{ files: readonly TokenFileConfig[]; problems: readonly ConfigProblem[] }> {
  const files: TokenFileConfig[] = [];
  const problems: ConfigProblem[] = [];
  for (const [index, entry] of entries.entries()) {
    const at = (key: string, message: string): void => void problems.push(problemAt(layers, ['files', index, key], message));
    const path = resolve(folder, entry.path);
    if (!tokens.includes(entry.token)) at('token', `no token is named \`${entry.token}\`${didYouMean(entry.token, tokens)}`);
    if (files.some((other) => other.path === path)) at('path', `\`${entry.path}\` is the file of another entry already; give each its own`);
    const owner = await ownerIds(entry.owner, entry.group).catch((error: Error) => {
      at(error.message.includes('no user') ? 'owner' : 'group', error.message);
      return undefined;
    });
    files.push({
      token: entry.token,
      path,
      mode: Number.parseInt(entry.mode ?? defaultMode, 8),
      owner,
      removeOnStop: entry.remove_on_stop ?? false,
    });
  }
  return { files, problems };
}
