import { type FleetReport, type Round, worstSum } from './fleet-report.ts';

/** Requests for each generation of tokens with Redis there, over all nodes. */
const REQUESTS_A_LIFETIME = 1.05;
/** So much above an even spread may the worst stretch be. */
const ABOVE_EVEN = 1.3;
/** Back again, all nodes have found out and caught up within this time. */
const CATCHING_UP_SECONDS = 120;

/** What was asked of a fleet and not reached, as lines. */
export function missedGoals(report: FleetReport): string[] {
  const { failed, expired, nodes, spreadSeconds, worstRate, allServedMs, scenario } = report;
  const missed: string[] = [];
  if (failed > 0 || expired > 0) missed.push(`${failed} reads failed, ${expired} got an expired token`);
  if (allServedMs === undefined || allServedMs > scenario.startWithinMs + 2_350)
    missed.push('not all nodes were served within 2 s of the first mint');
  const even = nodes / spreadSeconds;
  if (worstRate > ABOVE_EVEN * even)
    missed.push(`the issuer had ${worstRate.toFixed(2)} requests a second, above 1.3 × ${even.toFixed(2)}`);
  const shared = roundsWithRedis(report);
  const perLifetime = requestsALifetime(shared);
  if (shared.length === 0 || perLifetime > REQUESTS_A_LIFETIME)
    missed.push(`${perLifetime.toFixed(3)} requests a lifetime with Redis there, above ${REQUESTS_A_LIFETIME}`);
  const after = herdAfter(report);
  if (after !== undefined && after > ABOVE_EVEN * Math.max(even * CATCHING_UP_SECONDS, 1))
    missed.push(`${after} requests in the ${CATCHING_UP_SECONDS} s after Redis came back`);
  return missed;
}

/** What was counted, in words. */
export function fleetLines(report: FleetReport): string[] {
  const { nodes, requests, rounds, worstSecond, worstRate, spreadSeconds, reads, failed, expired, longestWaitMs, redis, acts } = report;
  const even = nodes / spreadSeconds;
  const after = herdAfter(report);
  return [
    `${nodes} nodes, ${requests} requests at the issuer in ${rounds.length} rounds: ${rounds.map((round) => round.requests).join(', ')}`,
    `${requestsALifetime(roundsWithRedis(report)).toFixed(3)} requests a lifetime with Redis there`,
    `worst second ${worstSecond}, worst stretch ${worstRate.toFixed(2)} a second; spread evenly over ${spreadSeconds} s: ${even.toFixed(2)} a second`,
    ...(after === undefined ? [] : [`${after} requests in the ${CATCHING_UP_SECONDS} s after Redis came back`]),
    `${reads} reads: ${failed} failed, ${expired} expired, longest wait ${Math.round(longestWaitMs)} ms`,
    `Redis had ${redis.commands} commands, ${redis.failed} of them failed; ${acts} acts were played`,
  ];
}

/** Rounds in which Redis was there all the while. */
function roundsWithRedis({ rounds, scenario: { outage } }: FleetReport): Round[] {
  return rounds.filter(({ from, to }) => outage === undefined || to < outage.fromMs / 1000 || from > outage.toMs / 1000);
}

function requestsALifetime(rounds: readonly Round[]): number {
  return rounds.reduce((sum, { requests }) => sum + requests, 0) / Math.max(1, rounds.length);
}

/** Requests shortly after Redis came back. */
function herdAfter({ perSecond, scenario: { outage } }: FleetReport): number | undefined {
  if (outage === undefined) return undefined;
  const from = Math.floor(outage.toMs / 1000);
  return worstSum(perSecond.slice(from, from + CATCHING_UP_SECONDS), CATCHING_UP_SECONDS);
}
