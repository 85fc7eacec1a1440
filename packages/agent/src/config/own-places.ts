import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { AgentConfig } from './agent-config.ts';
import { entriesOf } from './raw-value.ts';

/** What the agent reads and writes itself. */
export interface OwnPlaces {
  /** Which file or folder of the agent is at `place`, as the end of a sentence that begins with `is`; undefined for any other place. */
  whatIsAt(place: string): string | undefined;
}

/** The files and folders that a config names. `value` is its whole content, in which references to files are looked for. */
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
    // A token file must replace neither a link that is read nor the file that it leads to.
    for (const place of [await realPlaceOf(path), await realpath(path).catch(() => path)]) files.set(place, files.get(place) ?? what);
  }
  const folders = [
    [await realFolder(store.folder), 'in the folder of the sealed tokens'],
    [await realFolder(stateFolder), 'in the state folder'],
  ] as const;
  const trail = audit.kind === 'file' ? { place: await realPlaceOf(audit.path), keep: audit.keep } : undefined;
  const isPutAside = (place: string): boolean => {
    if (trail === undefined || !place.startsWith(`${trail.place}.`)) return false;
    const number = place.slice(trail.place.length + 1);
    return /^[1-9]\d*$/.test(number) && Number(number) <= trail.keep;
  };
  return {
    whatIsAt(place) {
      if (isPutAside(place)) return 'a file that `audit` puts aside';
      return files.get(place) ?? folders.find(([path]) => place === path || place.startsWith(path + sep))?.[1];
    },
  };
}

/** `path` with the links of its folder resolved. Its last name is not resolved, because a token file would replace a link there. */
export async function realPlaceOf(path: string): Promise<string> {
  return join(await realFolder(dirname(path)), basename(path));
}

/** The real path of a folder. Where the folder does not exist yet, links are resolved as far as the path exists. */
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
