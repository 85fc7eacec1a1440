import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shellWord } from './shell-quote.ts';
import type { Terminal } from './terminal.ts';

/** How this very program is called in a shell that stands in the current folder. */
export function ownCommand(terminal: Terminal): string {
  // Where the project does not have it, npx would ask the registry instead of running us.
  for (let folder = terminal.cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules/.bin/evertoken'))) return 'npx evertoken';
    if (folder === dirname(folder)) break;
  }
  return basename(terminal.script) === 'evertoken' ? 'evertoken' : `node ${shellWord(terminal.script)}`;
}
