import { type KeptToken, TokenKeeper } from '@evertoken/client';
import type { FleetTime } from './fleet-time.ts';
import type { ModelledIssuer } from './modelled-issuer.ts';
import type { ModelledRedis } from './modelled-redis.ts';

/** What the callers of all nodes saw. */
export interface ReadCounts {
  reads: number;
  /** Reads that got no token. */
  failed: number;
  /** Reads that got one which the issuer accepts no more. */
  expired: number;
  /** Longest wait of one that got a token, ms. */
  longestWaitMs: number;
}

/** What nodes run in. */
export interface FleetWorld {
  readonly time: FleetTime;
  readonly issuer: ModelledIssuer;
  readonly redis: ModelledRedis;
  readonly random: () => number;
  readonly maxSleepMs: number;
  readonly counts: ReadCounts;
}

/** Wall clocks of nodes are this far from the true time at most, ms. */
const CLOCKS_OFF_MS = 500;

/** One process of the fleet: the real keeper over modelled surroundings, and a caller who reads now and then. */
export class FleetNode {
  /** When it held a token for the first time, ms since the start of the fleet. */
  servedAt: number | undefined;
  readonly #world: FleetWorld;
  readonly #kept: KeptToken;

  constructor(index: number, world: FleetWorld) {
    const { time, issuer, redis, random, maxSleepMs } = world;
    this.#world = world;
    const clock = time.clock(CLOCKS_OFF_MS * (2 * random() - 1));
    const store = redis.store(`node-${index}`, clock);
    const keeper = new TokenKeeper({ clock, random, store, fetch: issuer.fetch, policy: { maxSleepMs } });
    this.#kept = keeper.keep({ tokenEndpoint: 'https://login.example.com/token', clientId: 'worker', clientSecret: 'secret' });
    this.read();
  }

  /** A caller wants the token. */
  read(): void {
    const { time, counts, issuer } = this.#world;
    const askedAt = time.nowMs;
    counts.reads += 1;
    this.#kept.get().then(
      ({ accessToken }) => {
        const now = time.nowMs;
        if (issuer.endOf(accessToken) <= now) counts.expired += 1;
        if (now === askedAt) return;
        this.servedAt ??= now;
        counts.longestWaitMs = Math.max(counts.longestWaitMs, now - askedAt);
      },
      () => {
        counts.failed += 1;
      },
    );
  }
}
