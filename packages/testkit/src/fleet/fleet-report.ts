import type { ReadCounts } from './fleet-node.ts';
import type { FleetScenario } from './fleet-scenario.ts';

/** What was counted in a simulated fleet. */
export interface FleetCounts extends Readonly<ReadCounts> {
  readonly scenario: FleetScenario;
  readonly nodes: number;
  readonly seed: number;
  /** Requests that the issuer had in each second since the start. */
  readonly perSecond: readonly number[];
  readonly requests: number;
  /** When the last node had its first token, ms; undefined where one never had. */
  readonly allServedMs: number | undefined;
  readonly redis: { readonly commands: number; readonly failed: number; readonly saves: number };
  /** Timers and messages that the simulation played. */
  readonly acts: number;
}

/** Requests at the issuer for one generation of tokens, all nodes together. */
export interface Round {
  /** First and last second in which it was asked. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
}

export interface FleetReport extends FleetCounts {
  readonly rounds: readonly Round[];
  readonly worstSecond: number;
  /** Half the lead: over so many seconds nodes spread their requests while Redis is away. */
  readonly spreadSeconds: number;
  /** Requests a second, in the worst stretch of time in which `nodes ÷ spreadSeconds` would make 200: what is above them is no chance. */
  readonly worstRate: number;
}

/** So many requests come in a stretch of time for which a rate is told: of fewer, the worst stretch says more about chance. */
const ENOUGH = 200;

/** What the counts come to. */
export function reportOf(counts: FleetCounts): FleetReport {
  const { perSecond, scenario, nodes } = counts;
  const { lifetimeMs } = scenario;
  const lead = Math.max(0.25 * lifetimeMs, Math.min(300_000, 0.5 * lifetimeMs));
  const spreadSeconds = (0.5 * lead) / 1000;
  const stretch = Math.max(1, Math.ceil((ENOUGH * spreadSeconds) / nodes));
  return {
    ...counts,
    rounds: roundsOf(perSecond, lifetimeMs / 1000 / 4),
    worstSecond: perSecond.reduce((worst, requests) => Math.max(worst, requests), 0),
    spreadSeconds,
    worstRate: worstSum(perSecond, stretch) / stretch,
  };
}

/** Requests that are further apart than `gapSeconds` are for different generations. */
function roundsOf(perSecond: readonly number[], gapSeconds: number): Round[] {
  const rounds: Round[] = [];
  for (const [second, requests] of perSecond.entries()) {
    if (requests === 0) continue;
    const last = rounds.at(-1);
    if (last === undefined || second - last.to > gapSeconds) rounds.push({ from: second, to: second, requests });
    else rounds[rounds.length - 1] = { from: last.from, to: second, requests: last.requests + requests };
  }
  return rounds;
}

/** The most in any `length` seconds one after the other. */
export function worstSum(perSecond: readonly number[], length: number, from = 0): number {
  let sum = 0;
  let worst = 0;
  for (let second = from; second < perSecond.length; second += 1) {
    sum += perSecond[second] ?? 0;
    if (second - from >= length) sum -= perSecond[second - length] ?? 0;
    worst = Math.max(worst, sum);
  }
  return worst;
}
