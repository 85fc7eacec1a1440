import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@evertoken/service';
import { CliError } from '../cli-error.ts';
import { makeOwnedFolder, type OwnedFolder, removeOrphans } from './owned-folder.ts';

/** A private folder in which each token has a file, 0600, that is replaced at once and whole. */
export interface TokenFiles {
  pathOf(variable: string): string;
  write(variable: string, token: string): Promise<void>;
  /** Removes the folder, synchronously, so that it also works while the process ends. */
  remove(): void;
}

/**
 * Makes the folder, 0700: in `XDG_RUNTIME_DIR` where that is set, which is a folder in memory, else in the folder for temporary files. Removes what others of this
 * user left there when they were killed.
 */
export async function openTokenFiles(env: Readonly<Record<string, string | undefined>>): Promise<TokenFiles> {
  const folder = await makeFolder([env['XDG_RUNTIME_DIR'], env['TMPDIR'] || tmpdir()]);
  const pathOf = (variable: string): string => join(folder.path, variable);
  return {
    pathOf,
    write: async (variable, token) => void (await replaceFile(pathOf(variable), token)),
    remove: () => folder.remove(),
  };
}

async function makeFolder(parents: readonly (string | undefined)[]): Promise<OwnedFolder> {
  let cause: unknown;
  for (const parent of parents) {
    if (!parent) continue;
    try {
      await removeOrphans(parent);
      return await makeOwnedFolder(parent);
    } catch (error) {
      cause = error;
    }
  }
  const step = 'Name a folder that this user may write with TMPDIR.';
  throw new CliError({ problem: 'No folder can be made for the files with the tokens', place: parents.at(-1) ?? '', step, cause });
}
