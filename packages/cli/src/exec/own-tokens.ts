import { type AgentConfig, keepTokens, loadAgentConfig, nearestName, secretVariablesOf } from '@evertoken/agent';
import { createLog, openStateFolder } from '@evertoken/service';
import { CliError } from '../cli-error.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';
import type { TokenSource } from './given-token.ts';

/** Tokens that this very process keeps, as the config file, or else the environment, says. Throws an AgentError for a config that is wrong. */
export async function openOwnTokens(
  file: string | undefined,
  home: string,
  names: readonly string[],
  terminal: Terminal,
): Promise<TokenSource> {
  const folder = await openStateFolder(home).catch((error: unknown) => {
    throw startUpError(error, {});
  });
  const config = await loadAgentConfig({ env: terminal.env, folder, ...(file !== undefined && { file }) });
  refuseUnknown(config, names);
  // No log, because the terminal belongs to the program that runs. This command throws or prints what goes wrong.
  const log = createLog({ program: 'exec', level: 'silent', destination: terminal.stderr, pretty: false });
  const kept = await keepTokens(config, { folder, log, names });
  return {
    secretVariables: [...secretVariablesOf(config), 'EVERTOKEN_APP_KEY'],
    async get(name, signal) {
      try {
        const token = await kept.get(name, signal);
        return { value: token.accessToken, fingerprint: token.fingerprint, expiresInSeconds: token.expiresInSeconds };
      } catch (error) {
        const explanation = kept.explain(error);
        if (explanation === undefined) throw error;
        const { what, meaning, step } = explanation;
        throw new CliError({ problem: `No token \`${name}\` can be had: ${what}\n${meaning}`.trim(), step, cause: error });
      }
    },
    close: () => kept.close(),
  };
}

function refuseUnknown({ tokens }: AgentConfig, names: readonly string[]): void {
  const known = tokens.map((token) => token.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const step = `${nearest === undefined ? 'Name one that there is.' : `Did you mean ${nearest}?`} There are: ${known.join(', ')}.`;
  throw new CliError({ problem: `The config has no token of the name ${JSON.stringify(unknown)}`, step });
}
