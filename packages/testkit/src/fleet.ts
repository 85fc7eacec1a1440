export { fleetLines, missedGoals } from './fleet/fleet-goals.ts';
export { type FleetReport, type Round, worstSum } from './fleet/fleet-report.ts';
export { type FleetScenario, type FleetScenarioName, fleetScenario, fleetScenarioNames } from './fleet/fleet-scenario.ts';
export type { RedisModel } from './fleet/modelled-redis.ts';
export { type FleetOptions, simulateFleet } from './fleet/simulate-fleet.ts';
