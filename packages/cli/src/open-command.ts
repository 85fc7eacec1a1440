import { homeOf } from './home.ts';
import { ownCommand } from './own-command.ts';
import { shellWord } from './shell-quote.ts';
import { shortPath } from './short-path.ts';
import type { Terminal } from './terminal.ts';

/** What to type in the current folder for a link to a page of the process that runs with the state folder `home`; `words` are those of the command. */
export function openCommandOf(home: string, words: string, terminal: Terminal): string {
  const isDefault = home === homeOf({}, { ...terminal, env: {} });
  const prefix = isDefault ? '' : `EVERTOKEN_HOME=${shellWord(shortPath(home, terminal.cwd))} `;
  return `${prefix}${ownCommand(terminal)} ${words}`;
}
