const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What happens to a fleet; times in ms since its start. */
export interface FleetScenario {
  readonly name: FleetScenarioName;
  readonly about: string;
  readonly lifetimeMs: number;
  readonly endMs: number;
  /** All nodes have started by then. */
  readonly startWithinMs: number;
  /** When Redis is away; whether it comes back with nothing. */
  readonly outage?: { readonly fromMs: number; readonly toMs: number; readonly isEmptyAfter: boolean };
}

export type FleetScenarioName = 'up' | 'down' | 'back' | 'cold';

export const fleetScenarioNames: readonly FleetScenarioName[] = ['up', 'down', 'back', 'cold'];

/** A scenario for tokens that live `lifetimeMs`. Outages are where they hurt: they begin just before the first node finds its token due. */
export function fleetScenario(name: FleetScenarioName, lifetimeMs: number): FleetScenario {
  const startWithinMs = Math.min(10 * MINUTE, 0.05 * lifetimeMs);
  // Half a short life and three quarters of a long one, less the widest jitter.
  const lead = Math.max(0.25 * lifetimeMs, Math.min(300_000, 0.5 * lifetimeMs));
  const firstDueMs = lifetimeMs - 1.2 * lead;
  const fromMs = firstDueMs - 1_000;
  switch (name) {
    case 'up':
      return { name, about: 'Redis is there all the while', lifetimeMs, startWithinMs, endMs: 3.3 * firstDueMs };
    case 'down': {
      const toMs = fromMs + HOUR;
      const about = 'Redis is away for an hour from the moment at which the token is due, and comes back with what it had';
      return { name, about, lifetimeMs, startWithinMs, outage: { fromMs, toMs, isEmptyAfter: false }, endMs: toMs + 1.5 * lifetimeMs };
    }
    case 'back': {
      // By then the last one has minted: the widest jitter and the longest wait of one that has time.
      const toMs = fromMs + 0.75 * lead;
      const about = 'Redis is away until every node has minted for itself, and comes back with nothing';
      return { name, about, lifetimeMs, startWithinMs, outage: { fromMs, toMs, isEmptyAfter: true }, endMs: toMs + 1.5 * lifetimeMs };
    }
    case 'cold':
      return { name, about: 'all start in the same moment with nothing in Redis', lifetimeMs, startWithinMs: 0, endMs: 1.2 * firstDueMs };
  }
}
