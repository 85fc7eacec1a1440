import { type FleetOptions, type FleetScenarioName, fleetLines, fleetScenario, missedGoals, simulateFleet } from '@evertoken/testkit/fleet';
import { describe, expect, it } from 'vitest';

const MINUTE = 60_000;
const LIFETIME_MS = 60 * MINUTE;
/** Fewer than `npm run simulate -- fleet` has, by the same code; enough that what is above an even spread is no chance. */
const NODES = 600;
const SEED = 20_261_123;

function play(name: FleetScenarioName, options: Partial<FleetOptions> = {}) {
  return simulateFleet({ scenario: fleetScenario(name, LIFETIME_MS), nodes: NODES, seed: SEED, ...options });
}

describe('a simulated fleet', { timeout: 120_000 }, () => {
  it.each([
    ['up', 'asks the issuer once a lifetime while Redis is there'],
    ['down', 'spreads its requests while Redis is away for an hour'],
    ['back', 'shares one token again when Redis comes back with nothing, and does not come as a herd'],
    ['cold', 'starts at once with one request, and everybody is served'],
  ] as const)('%s: %s', async (name, _behaviour) => {
    const report = await play(name);
    expect(missedGoals(report)).toEqual([]);
    expect(report.reads).toBeGreaterThan(NODES);
    console.info(fleetLines(report).join('\n'));
  });

  it('loses messages, which costs no request', async () => {
    const report = await play('cold', { redis: { lossShare: 0.001 } });
    expect(report.redis.failed).toBeGreaterThan(0);
    expect(report.rounds[0]?.requests).toBe(1);
  });

  it('misses its goals where Redis is too slow for it, and each node mints for itself', async () => {
    const report = await play('cold', { redis: { latencyMs: 2_000 } });
    expect(report.rounds[0]?.requests).toBe(NODES);
    expect(missedGoals(report).length).toBeGreaterThan(0);
  });

  it('is the same fleet for the same seed, and another one for another', async () => {
    const options = { nodes: 100 };
    const report = await play('down', options);
    expect(await play('down', options)).toEqual(report);
    expect((await play('down', { ...options, seed: SEED + 1 })).perSecond).not.toEqual(report.perSecond);
  });
});
