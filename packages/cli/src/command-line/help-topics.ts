import type { CommandSpec } from './command.ts';

/** The exit codes of every command; a command's own row stands only where it says more. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'ok'],
  ['1', 'failure: what was asked for could not be done; the error says why and what mends it'],
  ['2', 'wrong use: an unknown command, option or value, or something that is missing'],
  ['3', 'no agent is running where one was looked for'],
];

/** Environment variables that commands read. */
export const environmentVariables: readonly (readonly [name: string, meaning: string])[] = [
  ['EVERTOKEN_HOME', 'folder for state, as --home'],
  ['EVERTOKEN_URL', 'address of the agent, as --url'],
  ['EVERTOKEN_APP_KEY', 'app key, in place of --app-key-file'],
  ['EVERTOKEN_DEBUG', '1 adds the stack to an error'],
  ['AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET', 'the token `default` of start, check and exec where no config file names tokens'],
  ['AUTH0_AUDIENCE, AUTH0_SCOPE', 'its audience (default the Management API) and its scopes (default all)'],
  [
    'EVERTOKEN_DATABASE_URL, EVERTOKEN_MASTER_KEY',
    'PostgreSQL database of the tenant, and the key that seals its secrets; without them both are in the state folder',
  ],
  [
    'AUTH0_KEYWORD_REPLACE_MAPPINGS',
    'JSON of what ##NAME## and @@NAME@@ in a document of tenant seed, import and start --seed stand for; a variable NAME comes before it',
  ],
  ['NODE_EXTRA_CA_CERTS', 'file with a private CA to trust beside the public ones'],
  ['HTTP_PROXY, HTTPS_PROXY, NO_PROXY', 'the way to issuers and APIs'],
  ['NO_COLOR, FORCE_COLOR', '1 takes colours away, or gives them also to a pipe'],
];

/** `evertoken help exit-codes`. */
export function exitCodesText(commands: readonly CommandSpec[]): string {
  const own = commands.filter((command) => command.exitCodes !== undefined);
  const lines = own.flatMap(({ name, exitCodes: codes = {} }) => [
    `\n${name}`,
    ...Object.entries(codes).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`),
  ]);
  return `Every command ends with\n${exitCodes.map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`).join('\n')}\n${lines.join('\n')}\n`;
}

/** `evertoken help environment`. */
export function environmentText(): string {
  return `${environmentVariables.map(([name, meaning]) => `${name}\n    ${meaning}`).join('\n')}\n`;
}
