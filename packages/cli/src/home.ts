import { resolve } from 'node:path';
import type { Terminal } from './terminal.ts';

/** Folder for state where none is named, below the current folder. */
export const defaultHome = '.evertoken';

/** Absolute path of the state folder: `--home`, else EVERTOKEN_HOME, else `.evertoken`. */
export function homeOf(options: { home?: string }, terminal: Terminal): string {
  return resolve(terminal.cwd, options.home || terminal.env['EVERTOKEN_HOME'] || defaultHome);
}
