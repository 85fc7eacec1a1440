import type { KeptToken } from '@evertoken/client';
import type { CallerWatch } from './caller-watch.ts';
import type { PromisedPace } from './promised-pace.ts';
import type { SimulatedIssuer } from './simulated-issuer.ts';
import type { WorldTime } from './world-time.ts';
import type { Happening } from './year-script.ts';

/** What happenings act upon. */
export interface Stage {
  readonly time: WorldTime;
  readonly issuer: SimulatedIssuer;
  readonly pace: PromisedPace;
  readonly callers: CallerWatch;
  readonly kept: KeptToken;
  /** Does `play` in `ms`: what the machine does when it is awake, what happens elsewhere in any case. */
  later(ms: number, who: 'machine' | 'world', play: () => void | Promise<void>): void;
  sleepFor(ms: number): void;
  /** Gives the client these secrets. */
  give(secrets: readonly string[]): void;
  restart(): Promise<void>;
  /** A successor of the held token is due at once. */
  expectForcedMint(): void;
}

type Storm = Extract<Happening, { kind: 'revocation' | 'rejections' }>;

/** Whether it is the machine that does it. */
export function needsMachine({ kind }: Happening): boolean {
  return ['clock', 'sleep', 'revocation', 'rejections', 'restart', 'burst'].includes(kind);
}

/** Lets `happening` begin. */
export function playHappening(happening: Happening, stage: Stage): void | Promise<void> {
  const { issuer, time } = stage;
  switch (happening.kind) {
    case 'outage':
    case 'latency':
    case 'rate limit':
    case 'quota':
    case 'same token':
      stage.later(happening.forMs, 'world', issuer.begin(happening));
      return;
    case 'lifetime':
      issuer.live(happening, happening.tokens);
      return;
    case 'clock':
      time.setWallBy(happening.byMs);
      return;
    case 'sleep':
      stage.sleepFor(happening.forMs);
      return;
    case 'rotation':
      rotate(happening, stage);
      return;
    case 'revocation':
      if (stage.pace.held !== undefined) issuer.revoked.add(stage.pace.held.value);
      rageOn(happening, happening.times, stage);
      return;
    case 'rejections':
      rageOn(happening, happening.times, stage);
      return;
    case 'restart':
      return stage.restart();
    case 'burst':
      stage.pace.demandedMs = happening.minTtlSeconds * 1000;
      for (let i = 0; i < happening.callers; i += 1) stage.callers.get(stage.kept, happening.minTtlSeconds);
  }
}

/** Rotations may overlap; whatever their order, client and issuer end up with the newest secret. */
function rotate({ way, stepMs }: Extract<Happening, { kind: 'rotation' }>, stage: Stage): void {
  const { issuer } = stage;
  const former = issuer.newestSecret;
  const newest = issuer.newSecret();
  const give = () => stage.give([issuer.newestSecret]);
  const retire = () => issuer.accept([issuer.newestSecret]);
  if (way === 'known before') {
    stage.give([former, newest]);
    stage.later(stepMs, 'world', retire);
    stage.later(2 * stepMs, 'machine', give);
  } else if (way === 'while both are valid') {
    issuer.accept([former, newest]);
    stage.later(stepMs, 'machine', give);
    stage.later(2 * stepMs, 'world', retire);
  } else {
    retire();
    stage.later(stepMs, 'machine', give);
  }
}

/** Callers use the token, meet 401 and tell, a third of them of a token that is held no more; again while the storm lasts. */
function rageOn(storm: Storm, times: number, stage: Stage): void {
  const { pace, callers, kept, issuer, time } = stage;
  const now = time.now();
  const isRejected = (value: string) => storm.kind === 'rejections' || issuer.revoked.has(value);
  const { held } = pace;
  const [newest, ...older] = callers.fingerprints;
  const token = kept.peek();
  if (held?.isUsable(now) === true && token?.fingerprint === newest && newest !== undefined && isRejected(held.value)) {
    if (pace.isAsking) pace.rejections.isSuspect = true;
    else if (pace.rejections.begin(held, now) && pace.mostPauseMs(now) <= 0) stage.expectForcedMint();
    for (let i = 0; i < storm.callers; i += 1) {
      const stale = i % 3 === 2 ? older[i % 2] : undefined;
      callers.reject(kept, stale ?? newest);
    }
  }
  // Everybody else goes on as ever, and is given the held token meanwhile.
  callers.get(kept);
  if (times > 1) stage.later(storm.everyMs, 'machine', () => rageOn(storm, times - 1, stage));
}
