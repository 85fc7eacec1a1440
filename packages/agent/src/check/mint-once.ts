import { type AccessToken, type Clock, isTokenError, systemClock, TokenKeeper } from '@evertoken/client';
import type { AgentConfig, TokenConfig } from '../config/agent-config.ts';
import { explainFailure } from '../tokens/explain.ts';
import { openOutbound } from '../tokens/outbound.ts';
import type { CheckFinding } from './check-finding.ts';
import { ClockComparison } from './clock-comparison.ts';

/** Mints each token of the config once, in the order of the config, and keeps none; then tells how the issuers' clocks stand to ours. */
export async function* mintOnce(
  config: Pick<AgentConfig, 'tokens' | 'outbound' | 'policy'>,
  tools: { readonly clock?: Clock; readonly extraCa?: readonly string[] } = {},
): AsyncGenerator<CheckFinding> {
  const { clock = systemClock } = tools;
  const outbound = openOutbound(config.outbound, clock, tools.extraCa);
  const clocks = new ClockComparison(clock, outbound.fetch);
  // The keeper has its own store in memory: a token that is stored already must not be taken for an answer of the issuer.
  const keeper = new TokenKeeper({ clock, fetch: clocks.fetch, policy: config.policy });
  try {
    for (const token of config.tokens) {
      try {
        yield granted(token, await keeper.keep(token.request, { name: token.name }).get());
      } catch (error) {
        yield refused(token, error);
      }
    }
    yield* clocks.findings();
  } finally {
    await keeper.close();
    await outbound.close();
  }
}

function granted({ name, request, places }: TokenConfig, token: AccessToken): CheckFinding {
  const asked = typeof request.scope === 'string' ? request.scope.split(/\s+/).filter(Boolean) : (request.scope ?? []);
  // An answer without scope grants what was asked for (RFC 6749 §5.1).
  const given = token.scope?.split(' ');
  const missing = given === undefined ? [] : asked.filter((scope) => !given.includes(scope));
  const scope = token.scope === undefined ? '' : `, scope ${token.scope}`;
  const what = `minted ${token.fingerprint}, good for ${token.expiresInSeconds} s${scope}`;
  if (missing.length === 0) return { area: 'tokens', subject: name, level: 'ok', what };
  const step = `Grant them to the application, or take them out of ${places.scope}.`;
  return { area: 'tokens', subject: name, level: 'warning', what, meaning: `The issuer left out: ${missing.join(' ')}.`, step };
}

function refused(token: TokenConfig, error: unknown): CheckFinding {
  if (!isTokenError(error)) throw error;
  const { what, meaning, step } = explainFailure(error, token.places);
  return { area: 'tokens', subject: token.name, level: 'problem', what, meaning, step };
}
