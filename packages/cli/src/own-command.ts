import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shellWord } from './shell-quote.ts';
import type { Terminal } from './terminal.ts';

/** How to call this program in a shell in the current folder. */
export function ownCommand(terminal: Terminal): string {
  // Without the package in the project, npx would fetch it from the registry.
  for (let folder = terminal.cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules/.bin/evertoken'))) return 'npx evertoken';
    if (folder === dirname(folder)) break;
  }
  return basename(terminal.script) === 'evertoken' ? 'evertoken' : `node ${shellWord(terminal.script)}`;
}
