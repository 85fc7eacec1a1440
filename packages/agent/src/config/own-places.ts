import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { AgentConfig } from './agent-config.ts';
import { entriesOf } from './raw-value.ts';

/** What the agent reads and writes itself. */
export interface OwnPlaces {
  /** What stands at `place`, as a predicate; undefined where it is nothing of the agent's. */
  whatIsAt(place: string): string | undefined;
}

/** The files and folders of a config. `value` is all that it says: files that it refers to are found in it. */
export async function ownPlacesOf(
  { file, listen, metricsListen, tls, audit, store }: Omit<AgentConfig, 'files' | 'values'>,
  { stateFolder, folder, value }: { stateFolder: string; folder: string; value: unknown },
): Promise<OwnPlaces> {
  const sockets = [...listen, ...metricsListen].flatMap((address) => (address.kind === 'unix' ? [address.path] : []));
  const named: (readonly [string, string])[] = [
    ...(file === undefined ? [] : [[file, 'the config itself'] as const]),
    ...sockets.map((path) => [path, 'a socket that is listened on'] as const),
    ...(tls === undefined ? [] : [[tls.certPath, 'the file of `tls.cert`'] as const, [tls.keyPath, 'the file of `tls.key`'] as const]),
    ...(audit.kind === 'file' ? [[audit.path, 'the file of `audit`'] as const] : []),
    ...referredFiles(value).map(({ path, key }) => [resolve(folder, path), `the file that \`${key}\` reads`] as const),
  ];
  const files = new Map<string, string>();
  for (const [path, what] of named) {
    // A link is read as well as what it leads to.
    for (const place of [await realPlaceOf(path), await realpath(path).catch(() => path)]) files.set(place, files.get(place) ?? what);
  }
  const folders = [
    [await realFolder(store.folder), 'in the folder of the sealed tokens'],
    [await realFolder(stateFolder), 'in the state folder'],
  ] as const;
  return {
    whatIsAt: (place) => files.get(place) ?? folders.find(([path]) => place === path || place.startsWith(path + sep))?.[1],
  };
}

/** The path without the links that lead to it; the last name stays, since a token file replaces a link. */
export async function realPlaceOf(path: string): Promise<string> {
  return join(await realFolder(dirname(path)), basename(path));
}

/** Of a folder that does not exist yet, what there is of it is followed. */
async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await realFolder(dirname(path)), basename(path));
  }
}

function referredFiles(value: unknown, key: readonly string[] = []): { path: string; key: string }[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => referredFiles(item, [...key, String(index)]));
  // Parameters of a token request may have any name, `file` too.
  if (key[0] === 'tokens' && key[2] === 'parameters') return [];
  const entries = entriesOf(value);
  const [name, path] = entries[0] ?? [];
  if (entries.length === 1 && name === 'file' && typeof path === 'string' && key.length > 1) return [{ path, key: key.join('.') }];
  return entries.flatMap(([name, part]) => referredFiles(part, [...key, name]));
}
