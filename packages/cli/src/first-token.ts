import { type Agent, type AgentConfig, explainFailure } from '@evertoken/agent';
import { isTokenError, type TokenError } from '@evertoken/client';
import { CliError } from './cli-error.ts';

type KeptStatus = ReturnType<Agent['tokens']>[number]['status'];

/**
 * Waits until the agent holds all its tokens. Where some cannot be had for good, or not within `patienceMs`, and none is held, throws what the issuer said and
 * what mends it. With one held the agent is of use, and its log tells of the others.
 */
export async function waitForFirstToken(agent: Agent, config: AgentConfig, signal: AbortSignal, patienceMs = 10_000): Promise<void> {
  try {
    await agent.ready({ signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  } catch (error) {
    signal.throwIfAborted();
    const tokens = agent.tokens();
    if (tokens.some(({ status }) => isUsable(status))) return;
    const failure = isTokenError(error) ? error : undefined;
    const failed =
      tokens.find(({ status }) => status.lastFailure?.message === failure?.message) ?? tokens.find(({ status }) => status.lastFailure);
    if (failed === undefined) throw error;
    throw describe(failed, failure, config);
  }
}

function isUsable(status: KeptStatus): boolean {
  return status.state !== 'empty' && status.state !== 'expired';
}

function describe(failed: { name: string; status: KeptStatus }, error: TokenError | undefined, config: AgentConfig): unknown {
  const failure = error ?? failed.status.lastFailure;
  const places = config.tokens.find((token) => token.name === failed.name)?.places;
  if (failure === undefined || places === undefined) return error;
  const { what, meaning, step } = explainFailure(failure, places);
  return new CliError({
    problem: `No token \`${failed.name}\` can be had: ${what}\n${meaning}`.trim(),
    place: failed.status.request.tokenEndpoint,
    step: `${step}\nWith --keep-trying the agent stays up and goes on trying.`,
    cause: error,
  });
}
