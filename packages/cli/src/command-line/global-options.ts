import type { OptionSpec } from './command.ts';

/** Options of every command. */
export const globalOptions: readonly OptionSpec[] = [
  { flags: '--home <folder>', description: 'folder for state (EVERTOKEN_HOME; default .evertoken in the current folder)' },
];
