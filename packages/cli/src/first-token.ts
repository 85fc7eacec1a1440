import { setTimeout as delay } from 'node:timers/promises';
import type { Agent } from '@evertoken/agent';
import { CliError } from './cli-error.ts';

/**
 * Waits until the agent holds all its tokens, at most `patienceMs`. Resolves also where at least one is held: then the agent is useful, and its log tells about
 * the others. Where none is held, throws what the issuer said and what mends it.
 */
export async function waitForFirstToken(agent: Agent, signal: AbortSignal, patienceMs = 10_000): Promise<void> {
  const patience = AbortSignal.timeout(patienceMs);
  try {
    await agent.ready({ signal: AbortSignal.any([signal, patience]) });
  } catch (error) {
    // A token has failed for good, but others may still come.
    while (!isOneHeld(agent) && !haveAllFailed(agent) && !patience.aborted && !signal.aborted) await delay(20);
    signal.throwIfAborted();
    if (isOneHeld(agent)) return;
    const failed = agent.tokens().find(({ problem }) => problem !== undefined);
    const problem = agent.explain(error) ?? failed?.problem;
    if (problem === undefined || failed === undefined) throw error;
    throw new CliError({
      problem: `No token \`${failed.name}\` can be had: ${problem.what}\n${problem.meaning}`.trim(),
      place: failed.status.request.tokenEndpoint ?? failed.status.request.issuer,
      step: `${problem.step}\nWith --keep-trying the agent stays up and goes on trying.`,
      cause: error,
    });
  }
}

function isOneHeld(agent: Agent): boolean {
  return agent.tokens().some(({ status }) => status.state !== 'empty' && status.state !== 'expired');
}

function haveAllFailed(agent: Agent): boolean {
  return agent.tokens().every(({ problem }) => problem !== undefined);
}
