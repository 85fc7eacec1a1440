import { type AgentOptions, findAgent } from './agent-connection.ts';
import { readJson, requestAgent } from './agent-request.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { readStatus } from './read-status.ts';
import type { Terminal } from './terminal.ts';

/** Options of `evertoken token`. */
export interface TokenOptions extends AgentOptions {
  format?: 'value' | 'json' | 'header';
  json?: boolean;
  minTtl?: number;
}

/** Prints the live token of the running agent. Without a name: the only one that the app may read, or `default`. */
export async function printToken(name: string | undefined, options: TokenOptions, terminal: Terminal): Promise<void> {
  const connection = await findAgent(options, terminal);
  const readable = name ?? onlyName((await readStatus(connection)).filter((token) => token.mayRead).map((token) => token.name));
  const query = options.minTtl === undefined ? '' : `?min_ttl=${options.minTtl}`;
  const path = `/v1/tokens/${encodeURIComponent(readable)}${query}`;
  const token = await requestAgent(connection, { method: 'GET', path, headers: { accept: 'application/json' } }, (answer) =>
    readJson(answer, `${connection.url}${path}`),
  );
  const format = options.json === true ? 'json' : (options.format ?? 'value');
  terminal.stdout.write(`${formatToken(token, format, `${connection.url}${path}`)}\n`);
}

function formatToken(token: Record<string, unknown>, format: 'value' | 'json' | 'header', place: string): string {
  if (format === 'json') return JSON.stringify(token, undefined, 2);
  const { access_token: value, token_type: type } = token;
  if (isWord(value) && isWord(type)) return format === 'header' ? `Authorization: ${type} ${value}` : value;
  const step = 'See that the address is that of an agent.';
  throw new CliError({ problem: 'What answered as the agent gave no token that fits into a header', place, step });
}

// Whoever puts it into a header must not get a second one with it.
function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function onlyName(names: readonly string[]): string {
  const [first] = names;
  if (first !== undefined && names.length === 1) return first;
  if (names.includes('default')) return 'default';
  throw new CliError(
    first === undefined
      ? { problem: 'This app may read no token', step: 'Allow it one under `apps:` in evertoken.yaml, or use the key of an app that may.' }
      : {
          problem: `There are several tokens: ${names.join(', ')}`,
          step: 'Name one, as in `evertoken token NAME`.',
          exitCode: exitCode.usage,
        },
  );
}
