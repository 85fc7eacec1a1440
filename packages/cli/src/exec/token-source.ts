import { type AgentConnection, type AgentOptions, findAgent } from '../agent-connection.ts';
import { requireAgent } from '../agent-presence.ts';
import { CliError } from '../cli-error.ts';
import { configFileOf } from '../config-file.ts';
import { exitCode } from '../exit-code.ts';
import { homeOf } from '../home.ts';
import type { Terminal } from '../terminal.ts';
import { readToken } from '../token.ts';
import type { TokenSource } from './given-token.ts';

/** The running agent; where none runs and no option or variable names one, this process keeps the tokens of the config itself. */
export async function openTokenSource(
  options: AgentOptions & { config?: string },
  names: readonly string[],
  terminal: Terminal,
): Promise<TokenSource> {
  let noAgent: CliError;
  try {
    const connection = await findAgent(options, terminal);
    const [first = ''] = names;
    await readToken(connection, first);
    return agentSource(connection, terminal.env);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCode.noAgent) throw error;
    noAgent = error;
  }
  const isNamed = options.url !== undefined || (options.home === undefined && terminal.env['EVERTOKEN_URL'] !== undefined);
  const file = configFileOf(options, terminal);
  if (isNamed || (file === undefined && !isConfigured(terminal.env))) throw noAgent;
  const { openOwnTokens } = await import('./own-tokens.ts');
  return await openOwnTokens(file, homeOf(options, terminal), names, terminal);
}

function agentSource(connection: AgentConnection, env: Terminal['env']): TokenSource {
  return {
    // The agent has the config, so which variables hold its secrets can only be guessed from their names here.
    secretVariables: Object.keys(env).filter((name) =>
      /^(?:AUTH0_CLIENT_SECRET|EVERTOKEN_APP_KEY|EVERTOKEN_(?:TOKENS|STORE)(?:_.*)?)$/.test(name),
    ),
    async get(name, signal) {
      // A program may run for days, and the agent may end before it does.
      if (connection.home !== undefined) await requireAgent(connection.home);
      const answer = await readToken(connection, name, signal === undefined ? {} : { signal });
      const { access_token: value, fingerprint, expires_in: expiresInSeconds } = answer;
      if (typeof value !== 'string' || typeof fingerprint !== 'string' || typeof expiresInSeconds !== 'number') {
        const step = 'See that the address is that of an agent.';
        throw new CliError({ problem: 'What answered as the agent gave no token', place: connection.url, step });
      }
      return { value, fingerprint, expiresInSeconds };
    },
    close: () => Promise.resolve(),
  };
}

function isConfigured(env: Terminal['env']): boolean {
  return Object.keys(env).some((name) => name === 'AUTH0_DOMAIN' || name.startsWith('EVERTOKEN_TOKENS'));
}
