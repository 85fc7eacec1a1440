import { type AgentConnection, type AgentOptions, findAgent } from './agent-connection.ts';
import { readJson, requestAgent } from './agent-request.ts';
import { CliError } from './cli-error.ts';
import { exitCode } from './exit-code.ts';
import { readStatus } from './read-status.ts';
import type { Terminal } from './terminal.ts';

/** How a token is printed. */
type TokenFormat = 'value' | 'json' | 'header' | 'kubernetes-exec';

/** Options of `evertoken token`. */
export interface TokenOptions extends AgentOptions {
  format?: TokenFormat;
  json?: boolean;
  minTtl?: number;
}

/** Prints the live token of the running agent. Without a name: the only one that the app may read, or `default`. */
export async function printToken(name: string | undefined, options: TokenOptions, terminal: Terminal): Promise<void> {
  const connection = await findAgent(options, terminal);
  const readable = name ?? onlyName((await readStatus(connection)).tokens.filter((token) => token.mayRead).map((token) => token.name));
  const token = await readToken(connection, readable, options.minTtl === undefined ? {} : { minTtlSeconds: options.minTtl });
  const format = options.json === true ? 'json' : (options.format ?? 'value');
  terminal.stdout.write(`${formatToken(token, format, `${connection.url}/v1/tokens/${readable}`)}\n`);
}

/** The answer of `GET /v1/tokens/NAME`. Throws a CliError, with the nearest name where there is no such token. */
export async function readToken(
  connection: AgentConnection,
  name: string,
  options: { minTtlSeconds?: number; signal?: AbortSignal } = {},
): Promise<Record<string, unknown>> {
  const { minTtlSeconds, signal } = options;
  const path = `/v1/tokens/${encodeURIComponent(name)}${minTtlSeconds === undefined ? '' : `?min_ttl=${minTtlSeconds}`}`;
  const target = { method: 'GET', path, headers: { accept: 'application/json' }, ...(signal !== undefined && { signal }) };
  return await requestAgent(connection, target, async (answer) => {
    if (answer.status !== 404) return await readJson(answer, `${connection.url}${path}`);
    answer.body.resume();
    const { unknownToken } = await import('./unknown-token.ts');
    throw await unknownToken(connection, name);
  });
}

function formatToken(token: Record<string, unknown>, format: TokenFormat, place: string): string {
  if (format === 'json') return JSON.stringify(token, undefined, 2);
  const { access_token: value, token_type: type, expires_at: expiresAt } = token;
  if (format === 'kubernetes-exec' && isWord(value)) {
    // Without the instant kubectl would use the token until the API server refuses it.
    const status = { ...(typeof expiresAt === 'string' && { expirationTimestamp: wholeSeconds(expiresAt) }), token: value };
    return JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }, undefined, 2);
  }
  if (isWord(value) && isWord(type)) return format === 'header' ? `Authorization: ${type} ${value}` : value;
  const step = 'See that the address is that of an agent.';
  throw new CliError({ problem: 'What answered as the agent gave no token that fits into a header', place, step });
}

// `metav1.Time` is RFC 3339 without fractions.
function wholeSeconds(instant: string): string {
  return instant.replace(/\.\d+Z$/, 'Z');
}

// A value with a line end in it could add another header to a request.
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
