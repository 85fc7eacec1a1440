import type { OptionSpec } from './command.ts';

/** Options of every command. */
export const globalOptions: readonly OptionSpec[] = [
  { flags: '--home <folder>', description: 'folder for state (EVERTOKEN_HOME; default .evertoken in the current folder)' },
];

/** `--json`, in the same words wherever it prints what a command prints otherwise. */
export const jsonOption: OptionSpec = { flags: '--json', description: 'print JSON' };

/** `--log`, of the commands that run until they are stopped. */
export const logOption: OptionSpec = {
  flags: '--log <form>',
  description: 'lines on standard error (default pretty at a terminal, else json)',
  choices: ['json', 'pretty'],
};

/** `--config`, of the commands that read one. */
export const configOption: OptionSpec = {
  flags: '--config <file>',
  description: 'config file (default evertoken.yaml where it exists and is yours)',
};

/** Where the agent is that a command asks, and who asks. */
export const agentOptions: readonly OptionSpec[] = [
  { flags: '--url <url>', description: 'address of the agent (EVERTOKEN_URL; default as it left it in the state folder)' },
  {
    flags: '--app-key-file <file>',
    description:
      'file with the app key (EVERTOKEN_APP_KEY; default as the agent left it in the state folder, or the one that init made there)',
  },
];
