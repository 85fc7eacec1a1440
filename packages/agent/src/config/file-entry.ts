import { resolve } from 'node:path';
import type { TokenFileConfig } from './agent-config.ts';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { FileEntry } from './config-schema.ts';
import { didYouMean } from './nearest-name.ts';
import { type OwnPlaces, realPlaceOf } from './own-places.ts';
import { ownerIds } from './system-ids.ts';

const defaultMode = '0600';

/**
 * Reads the entries of `files`, already checked: users and groups by number, paths from `folder` on, tokens that there are, no path twice, and none of
 * what the agent needs itself.
 */
export async function readFileEntries(
  entries: readonly FileEntry[],
  { layers, folder, tokens, own }: { layers: ConfigLayers; folder: string; tokens: readonly string[]; own: OwnPlaces },
): Promise<{ files: readonly TokenFileConfig[]; problems: readonly ConfigProblem[] }> {
  const files: TokenFileConfig[] = [];
  const problems: ConfigProblem[] = [];
  const places: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const at = (key: string, message: string): void => void problems.push(problemAt(layers, ['files', index, key], message));
    const path = resolve(folder, entry.path);
    if (!tokens.includes(entry.token)) at('token', `no token is named \`${entry.token}\`${didYouMean(entry.token, tokens)}`);
    const place = await realPlaceOf(path);
    if (places.includes(place)) at('path', `\`${entry.path}\` is the file of another entry already; give each its own`);
    places.push(place);
    const owned = own.whatIsAt(place);
    if (owned !== undefined) at('path', `\`${entry.path}\` is ${owned}, which the token would replace; name another file`);
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
