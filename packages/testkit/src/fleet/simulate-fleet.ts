import { seededRandom } from '../simulation/seeded-random.ts';
import { FleetNode, type FleetWorld } from './fleet-node.ts';
import { type FleetReport, reportOf } from './fleet-report.ts';
import type { FleetScenario } from './fleet-scenario.ts';
import { FleetTime } from './fleet-time.ts';
import { ModelledIssuer } from './modelled-issuer.ts';
import { ModelledRedis, nearbyRedis, type RedisModel } from './modelled-redis.ts';
import { withPromptDigests } from './prompt-digests.ts';

/** Which fleet to simulate. */
export interface FleetOptions {
  readonly scenario: FleetScenario;
  readonly nodes: number;
  readonly seed: number;
  /** Each node has a caller so often, ms. Default: a minute, or a sixtieth of the lifetime if that is shorter. */
  readonly readEveryMs?: number;
  readonly redis?: Partial<RedisModel>;
  /** Longest sleep of the keepers' timers, ms; no clock jumps here, so that nothing but the work depends on it. Default: an hour. */
  readonly maxSleepMs?: number;
  /** Called now and then with the time reached, ms. */
  readonly onProgress?: (nowMs: number) => void;
}

/** Callers of so many nodes come in the same moment. */
const BATCH = 30;

/** Simulates a fleet: the same options, the same report. */
export function simulateFleet(options: FleetOptions): Promise<FleetReport> {
  return withPromptDigests(() => play(options));
}

async function play(options: FleetOptions): Promise<FleetReport> {
  const { scenario, nodes: size, seed, redis: model, maxSleepMs = 3_600_000, onProgress } = options;
  const { lifetimeMs, endMs, startWithinMs, outage } = scenario;
  const readEveryMs = options.readEveryMs ?? Math.min(60_000, lifetimeMs / 60);
  const time = new FleetTime();
  const random = seededRandom(seed);
  const issuer = new ModelledIssuer(time, random, lifetimeMs);
  const redis = new ModelledRedis(time, random, { ...nearbyRedis, ...model });
  const counts = { reads: 0, failed: 0, expired: 0, longestWaitMs: 0 };
  const world: FleetWorld = { time, issuer, redis, random, maxSleepMs, counts };
  const nodes: FleetNode[] = [];
  const batches: FleetNode[][] = Array.from({ length: Math.ceil(size / BATCH) }, () => []);
  for (let index = 0; index < size; index += 1) {
    time.in((startWithinMs * index) / size, () => {
      const node = new FleetNode(index, world);
      nodes.push(node);
      batches[index % batches.length]?.push(node);
    });
  }
  const readNext = (batch: number): void => {
    for (const node of batches[batch] ?? []) node.read();
    time.in(readEveryMs / batches.length, () => readNext((batch + 1) % batches.length));
  };
  readNext(0);
  if (outage !== undefined) {
    time.in(outage.fromMs, () => redis.goDown());
    time.in(outage.toMs, () => redis.comeBack(outage.isEmptyAfter));
  }
  const stepMs = endMs / 50;
  for (let step = 1; step <= 50; step += 1) {
    await time.runTo(step * stepMs);
    onProgress?.(time.nowMs);
  }
  const served = nodes.map(({ servedAt }) => servedAt);
  const allServedMs = served.every((at) => at !== undefined) ? Math.max(...served) : undefined;
  const { perSecond, requests } = issuer;
  return reportOf({ scenario, nodes: size, seed, perSecond, requests, ...counts, allServedMs, redis: redis.counts, acts: time.played });
}
