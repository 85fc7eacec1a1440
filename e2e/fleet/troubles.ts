import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { FleetNode } from './fleet-node.ts';

/** What a trouble did to the fleet, for the bounds of what may come of it. */
export interface Played {
  /** In words, for the report. */
  readonly what: string;
  /** Leases that another node had to take over. */
  readonly takeovers?: number;
  /** Tokens that the API turned its back on, so that one more had to be had by all together. */
  readonly replacements?: number;
  /**
   * Tokens beside the one that most nodes share, where some were alone: whoever has one refused may take up another that is refused as well, and a call is sent
   * twice at most.
   */
  readonly otherTokens?: number;
  /** The issuer failed. */
  readonly isIssuerAway?: boolean;
  /** The secret was changed: each node may be refused once with the old one. */
  readonly isSecretNew?: boolean;
}

/** Plays one kind of trouble, to its end. */
export type Trouble = (fleet: Fleet, random: () => number) => Promise<Played>;

/** Longest wait for somebody to mint, in lifetimes. */
const LIFETIMES = 4;
/** How long a mint is held up so that its holder can be caught, ms. */
const HELD_UP_MS = 3_000;

/** The node that mints, caught in the act. Undefined where nobody has the lease for a long time: all keep their tokens for themselves. */
async function caughtHolder(fleet: Fleet): Promise<FleetNode | undefined> {
  const giveUpAt = performance.now() + LIFETIMES * fleet.issuer.lifetimeMs;
  fleet.issuer.tenant.delay(HELD_UP_MS);
  try {
    while (performance.now() < giveUpAt) {
      const holder = await fleet.holder();
      if (holder !== undefined) return holder;
      await pause(50);
    }
    return undefined;
  } finally {
    fleet.issuer.tenant.heal();
  }
}

/** A successor that is refused too within a minute is left as it is. */
const REVOKED_AGAIN_MS = 90_000;

function between(least: number, most: number, random: () => number): number {
  return Math.round(least + (most - least) * random());
}

/** Some of the nodes that run, at least one and not all. */
function someOf(nodes: readonly FleetNode[], random: () => number): FleetNode[] {
  const drawn = nodes.filter(() => random() < 0.4).slice(1);
  const one = nodes[Math.floor(random() * nodes.length)];
  return [...new Set([...drawn, ...(one === undefined ? [] : [one])])];
}

function namesOf(nodes: readonly FleetNode[]): string {
  return nodes.map(({ name }) => name).join(', ');
}

/** Each kind of trouble by its name. */
export const troubles = {
  'holder killed': async (fleet) => {
    const holder = await caughtHolder(fleet);
    if (holder === undefined) return { what: 'nobody had the lease' };
    await holder.kill();
    await fleet.allServed();
    await holder.start();
    return { what: holder.name, takeovers: 1 };
  },
  'holder frozen': async (fleet, random) => {
    const ms = between(4_000, 8_000, random);
    const holder = await caughtHolder(fleet);
    if (holder === undefined) return { what: 'nobody had the lease' };
    holder.freeze();
    await pause(ms);
    holder.thaw();
    return { what: `${holder.name} for ${ms} ms`, takeovers: 1 };
  },
  'Redis killed, back without data': async ({ redis, issuer }, random) => {
    const ms = between(500, 0.6 * issuer.lifetimeMs, random);
    await redis.kill();
    await pause(ms);
    await redis.start();
    return { what: `for ${ms} ms`, takeovers: 1 };
  },
  'Redis stopped': async ({ redis }, random) => {
    const ms = between(300, 3_000, random);
    redis.signal('SIGSTOP');
    await pause(ms);
    redis.signal('SIGCONT');
    return { what: `for ${ms} ms` };
  },
  'Redis paused': async ({ redis }, random) => {
    const ms = between(300, 3_000, random);
    await redis.command('CLIENT', 'PAUSE', String(ms), 'ALL');
    await pause(ms);
    return { what: `for ${ms} ms` };
  },
  'Redis emptied': async ({ redis }) => {
    await redis.command('FLUSHALL');
    return { what: 'FLUSHALL', takeovers: 1 };
  },
  'Redis slow': async ({ nodes }, random) => {
    const delayMs = between(20, 200, random);
    const ms = between(1_000, 4_000, random);
    for (const { wire } of nodes) wire.delayMs = delayMs;
    await pause(ms);
    for (const { wire } of nodes) wire.delayMs = 0;
    return { what: `${delayMs} ms each way for ${ms} ms` };
  },
  'nodes cut off': async ({ nodes }, random) => {
    const chosen = someOf(nodes, random);
    const how = random() < 0.5 ? 'cut' : 'silent';
    const ms = between(1_000, 5_000, random);
    for (const { wire } of chosen) wire.part(how);
    await pause(ms);
    for (const { wire } of chosen) wire.mend();
    return { what: `${namesOf(chosen)}, ${how}, for ${ms} ms` };
  },
  'issuer away': async ({ issuer }, random) => {
    const ms = between(1_000, 0.25 * issuer.lifetimeMs, random);
    const how = random() < 0.5 ? ({ kind: 'drop' } as const) : ({ kind: 'html' } as const);
    issuer.tenant.controls.addFault({ answer: how });
    await pause(ms);
    issuer.tenant.heal();
    return { what: `${how.kind} for ${ms} ms`, isIssuerAway: true };
  },
  'issuer says 429': async ({ issuer }, random) => {
    const ms = between(1_000, 0.2 * issuer.lifetimeMs, random);
    issuer.tenant.rateLimit({ retryAfterSeconds: 1 });
    await pause(ms);
    issuer.tenant.heal();
    return { what: `for ${ms} ms`, isIssuerAway: true };
  },
  'secret rotated': async (fleet) => {
    await fleet.rotateSecret();
    return { what: 'both known to all, then the new one alone', isSecretNew: true };
  },
  'signing key rotated': async ({ issuer }) => {
    await issuer.tenant.rotateSigningKey();
    return { what: 'next becomes current' };
  },
  'token revoked': async (fleet) => {
    const { api, nodes } = fleet;
    if (Date.now() - api.revokedAt < REVOKED_AGAIN_MS) return { what: 'not so soon again' };
    const refusedBefore = api.refused;
    const otherTokens = new Set(nodes.map(({ record }) => record.lastFingerprint)).size - 1;
    const callsBefore = nodes.reduce((sum, { record }) => sum + record.calls, 0);
    api.revoke(nodes.flatMap(({ record }) => [...record.fingerprints]));
    // Until all have called again.
    while (nodes.reduce((sum, { record }) => sum + record.calls, 0) < callsBefore + 3 * nodes.length) await pause(50);
    return { what: `${api.refused - refusedBefore} calls refused`, replacements: 1, otherTokens };
  },
} satisfies Readonly<Record<string, Trouble>>;

/** Name of a kind of trouble. */
export type TroubleName = keyof typeof troubles;
